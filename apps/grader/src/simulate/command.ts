// The words of the simulate command.
import { randomInt } from 'node:crypto';
import {
  faultFamilies,
  schedules,
  type FaultFamily,
  type MixOverrides,
  type ScheduleName,
} from '@raftlab/test-harness';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { wholeNumber, type Terminal } from '../command.ts';

export interface SimulateCommand {
  readonly kind: 'simulate';
  readonly seed: number;
  /** How many runs; with `minutes`, as many as fit. */
  readonly runs: number;
  readonly minutes: number | undefined;
  readonly jobs: number;
  readonly overrides: MixOverrides;
  /** Whether every step is also held against the reference relation, which is slow. */
  readonly hasReference: boolean;
  /** Where failing runs are saved. */
  readonly saveTo: string;
}

export type ParsedSimulateCommand =
  | SimulateCommand
  | { readonly kind: 'replay'; readonly file: string; readonly hasReference: boolean }
  | { readonly kind: 'done'; readonly exitCode: 0 | 2 };

const freshSeedMax = 1_000_000_000;
const defaultRuns = 100;

interface Flags {
  readonly seed?: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly jobs: number;
  readonly servers?: '3' | '5' | '7';
  readonly schedule?: ScheduleName;
  readonly without?: readonly FaultFamily[];
  readonly reference?: true;
  readonly replay?: string;
  readonly save: string;
}

export function parseSimulateCommand(argv: readonly string[], terminal: Terminal): ParsedSimulateCommand {
  const program = new Command('simulate')
    .description(
      'Runs Raft under random faults in virtual time, with every invariant watched after every event.',
    )
    .option(
      '--seed <number>',
      'of the first run; run k has the seed + k',
      wholeNumber(0, Number.MAX_SAFE_INTEGER - 1_000_000_000),
    )
    .addOption(
      new Option('--runs <count>', `how many runs (default: ${defaultRuns})`)
        .argParser(wholeNumber(1, 1_000_000_000))
        .conflicts('minutes'),
    )
    .option('--minutes <count>', 'run for so long instead', wholeNumber(1, 10_000))
    .option('--jobs <count>', 'worker threads', wholeNumber(1, 64), 1)
    .addOption(new Option('--servers <count>', 'instead of a drawn number').choices(['3', '5', '7']))
    .addOption(new Option('--schedule <name>', 'instead of a drawn one').choices(schedules))
    .option(
      '--without <faults>',
      `leave out of every run: ${faultFamilies.join(', ')}; several with commas`,
      familiesOf,
    )
    .option('--reference', 'hold every step against a second Raft, made from the paper: four times slower')
    .option('--save <folder>', 'where failing runs are written, shrunk', 'failing-runs')
    .addOption(
      new Option('--replay <file>', 'run what a failing run left behind').conflicts([
        'seed',
        'runs',
        'minutes',
        'servers',
        'schedule',
        'without',
      ]),
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.error(text) })
    .addHelpText('after', '\nExit status: 0 no property was violated, 1 one was, 2 the command was wrong.');
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { kind: 'done', exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
  const { seed, runs, minutes, jobs, servers, schedule, without, reference, replay, save } =
    program.opts<Flags>();
  if (replay !== undefined) return { kind: 'replay', file: replay, hasReference: reference === true };
  return {
    kind: 'simulate',
    seed: seed ?? randomInt(freshSeedMax),
    runs: runs ?? (minutes === undefined ? defaultRuns : Infinity),
    minutes,
    jobs,
    hasReference: reference === true,
    overrides: {
      ...(servers !== undefined && { servers: servers === '3' ? 3 : servers === '5' ? 5 : 7 }),
      ...(schedule !== undefined && { schedule }),
      ...(without !== undefined && { without }),
    },
    saveTo: save,
  };
}

function familiesOf(text: string): FaultFamily[] {
  return text.split(',').map((word) => {
    const family = faultFamilies.find((candidate) => candidate === word.trim());
    if (family === undefined)
      throw new InvalidArgumentError(`"${word}" is no kind of fault; valid: ${faultFamilies.join(', ')}.`);
    return family;
  });
}
