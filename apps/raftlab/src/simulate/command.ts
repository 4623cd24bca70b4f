// The words of the simulate command.
import { randomInt } from 'node:crypto';
import {
  faultFamilies,
  schedules,
  type FaultFamily,
  type MixOverrides,
  type ScheduleName,
} from '@raftlab/simulation';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { traceFile, wholeNumber, type Terminal } from '../grade/command.ts';
import { refuseKeptByNpm } from '../npm-reserved-options.ts';
import { addLogOptions, logChoice, type LogChoice, type LogFlags } from '../log/log-choice.ts';
import { SelectionError } from '../grade/select-tests.ts';

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
  /** The module of what runs on top of Raft, as it was given. */
  readonly service?: string;
  /** Where failing runs are saved. */
  readonly saveTo: string;
  /** Where the traces of all runs go; with several runs their seeds are put into the name. */
  readonly trace?: string;
  /** Without it no log is printed. */
  readonly log?: LogChoice;
}

export interface ReplayCommand extends Pick<SimulateCommand, 'hasReference' | 'service' | 'trace' | 'log'> {
  readonly kind: 'replay';
  readonly file: string;
}

export type ParsedSimulateCommand =
  | SimulateCommand
  | ReplayCommand
  | { readonly kind: 'done'; readonly exitCode: 0 | 2 };

const freshSeedMax = 1_000_000_000;
const defaultRuns = 100;

/** Each may have several megabytes. */
const tracesMax = 1000;

interface Flags extends LogFlags {
  readonly seed?: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly jobs: number;
  readonly servers?: '3' | '5' | '7';
  readonly schedule?: ScheduleName;
  readonly without?: readonly FaultFamily[];
  readonly reference?: true;
  readonly service?: string;
  readonly replay?: string;
  readonly save: string;
  readonly trace?: string;
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
    .option(
      '--service <file>',
      'simulate this on top of Raft: a module that exports workload, and make if it likes',
    )
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
    .option('--trace <file>', 'write what happens in each run: a page (.html) or its data (.json)', traceFile)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.error(text) })
    .addHelpText('after', '\nExit status: 0 no property was violated, 1 one was, 2 the command was wrong.');
  addLogOptions(program, 'the run');
  try {
    refuseKeptByNpm(program, process.env);
    program.parse([...argv], { from: 'user' });
    return commandOf(program.opts<Flags>());
  } catch (error) {
    if (error instanceof CommanderError) return { kind: 'done', exitCode: error.exitCode === 0 ? 0 : 2 };
    if (!(error instanceof SelectionError)) throw error;
    terminal.error(`error: ${error.message}\n`);
    return { kind: 'done', exitCode: 2 };
  }
}

/** Throws SelectionError where the words do not fit together. */
function commandOf(flags: Flags): SimulateCommand | ReplayCommand {
  const { seed, minutes, jobs, servers, schedule, without, replay, save, trace, service } = flags;
  const runs = flags.runs ?? (minutes === undefined ? defaultRuns : Infinity);
  const shared = {
    hasReference: flags.reference === true,
    ...(service !== undefined && { service }),
    ...(trace !== undefined && { trace }),
    ...logChoice(flags, { runs: replay === undefined ? runs : 1, servers: Number(servers ?? 7) }),
  };
  if (replay !== undefined) return { kind: 'replay', file: replay, ...shared };
  if (trace !== undefined && runs > tracesMax) {
    const count = minutes === undefined ? runs : 'any number of';
    throw new SelectionError(`--trace would write ${count} files; ${tracesMax} are the most.`);
  }
  return {
    kind: 'simulate',
    seed: seed ?? randomInt(freshSeedMax),
    runs,
    minutes,
    jobs,
    overrides: {
      ...(servers !== undefined && { servers: servers === '3' ? 3 : servers === '5' ? 5 : 7 }),
      ...(schedule !== undefined && { schedule }),
      ...(without !== undefined && { without }),
    },
    saveTo: save,
    ...shared,
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
