// The command line: what may be asked, and what every word must look like. Nothing is run here.
import { randomInt } from 'node:crypto';
import { gradedTests, type GradedTest, type TimeMode } from '@raftlab/test-harness';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addLogOptions, logChoice, type LogChoice, type LogFlags } from '../log/log-choice.ts';
import { refuseKeptByNpm } from '../npm-reserved-options.ts';
import { addReporter, reporterNames, withStandardOutput, type ReporterChoice } from './reporters/choice.ts';
import { SelectionError, selectTests } from './select-tests.ts';
import { storageNames, type StorageName } from './storages.ts';
import { defaultTraceFolder, isTraceFile, traceFormats, type TraceChoice } from '../traces/trace-choice.ts';

export interface GradeCommand {
  readonly kind: 'grade';
  readonly tests: readonly GradedTest[];
  readonly mode: TimeMode;
  readonly storage: StorageName;
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  readonly comparesWithLab: boolean;
  readonly trace: TraceChoice;
  /** Without it no log is printed. */
  readonly log?: LogChoice;
  /** One of them on standard output. */
  readonly reporters: readonly ReporterChoice[];
  /** What is graded instead of ours. */
  readonly implementation?: ModuleChoice;
}

export interface ModuleChoice {
  /** As it was given. */
  readonly path: string;
  /** What one test may take, in seconds of real time. */
  readonly timeLimitSeconds: number;
  /** The same, if it was said. */
  readonly givenTimeLimitSeconds?: number;
}

export type ParsedCommand =
  | GradeCommand
  | { readonly kind: 'list'; readonly tests: readonly GradedTest[] }
  | { readonly kind: 'init'; readonly folder: string }
  /** Said already: help, the version, or what was wrong. */
  | { readonly kind: 'done'; readonly exitCode: 0 | 2 };

export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

const maxRuns = 1_000_000;
const maxJobs = 64;
const maxTimeLimitSeconds = 86_400;
/** In virtual time a test takes seconds, minutes if thousands of log entries are saved clumsily; in real time two minutes. */
const defaultTimeLimitSeconds = { virtual: 300, real: 180 } as const;
/** Fresh seeds are short, so that they are easy to type; any safe integer is taken. */
const freshSeedMax = 1_000_000_000;

interface Flags extends LogFlags {
  readonly real?: true;
  readonly storage: StorageName;
  readonly seed?: number;
  readonly runs: number;
  readonly jobs: number;
  readonly list?: true;
  readonly compareLab?: true;
  /** False: --no-trace. */
  readonly trace?: string | false;
  readonly traceDir: string;
  readonly reporter?: readonly ReporterChoice[];
  readonly impl?: string;
  readonly timeLimit?: number;
}

export function parseCommand(argv: readonly string[], terminal: Terminal, version: string): ParsedCommand {
  const { virtual, real } = defaultTimeLimitSeconds;
  let init: ParsedCommand | undefined;
  const program = new Command('grade')
    .description('Grades Raft by the tests of MIT 6.5840 Lab 3, in virtual time unless told otherwise.')
    .argument('[part or test...]', 'parts (3A, 3B, 3C, 3D) or tests (TestBackup3B, backup); all without any')
    .option('--real', 'real time: the lab as it was, one test after another, or --jobs at once')
    .addOption(
      new Option(
        '--storage <name>',
        'what the servers persist to: memory that is durable at once, or a slow disk',
      )
        .choices(storageNames)
        .default('memory'),
    )
    .option(
      '--seed <number>',
      'decides everything that is drawn; a fresh one is drawn and printed',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--runs <count>',
      'run everything so many times, with seeds that count up',
      wholeNumber(1, maxRuns),
      1,
    )
    .option(
      '--jobs <count>',
      'virtual: worker threads; real: tests side by side in this process',
      wholeNumber(1, maxJobs),
      1,
    )
    .option(
      '--reporter <name[=file]>',
      `what is told, and where: ${reporterNames.join(', ')}; to a file, or to standard output; can be repeated`,
      addReporter,
    )
    .option('--compare-lab', "print RPCs, bytes and times beside the course page's")
    .option(
      '--impl <file>',
      'grade this module instead of our Raft: TypeScript or JavaScript that exports make',
    )
    .option(
      '--time-limit <seconds>',
      `with --impl: real time that a test may take (${virtual}, with --real ${real}); then it has failed`,
      wholeNumber(1, maxTimeLimitSeconds),
    )
    .option(
      '--trace <file>',
      'write what happened: a page (.html) or its data (.json); with several tests, one for each',
      traceFile,
    )
    .option('--no-trace', 'write no page of a test that fails')
    .option('--trace-dir <folder>', 'where pages of failed tests go', defaultTraceFolder)
    .option('--list', 'list the tests and end')
    .version(version)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.error(text) })
    .addHelpText('after', '\nExit status: 0 all tests passed, 1 a test failed, 2 the command was wrong.')
    .action(() => undefined);
  addLogOptions(program, 'each test');
  program
    .command('init')
    .description('write the beginning of a Raft of your own into a new folder, and how to go on')
    .argument('<folder>', 'new or empty')
    .action((folder: string) => void (init = { kind: 'init', folder }));
  try {
    refuseKeptByNpm(program, process.env);
    program.parse([...argv], { from: 'user' });
    if (init !== undefined) return init;
    const flags = program.opts<Flags>();
    const tests = selectTests(program.args, gradedTests);
    if (flags.list === true) return { kind: 'list', tests };
    return {
      kind: 'grade',
      tests,
      mode: flags.real === true ? 'real' : 'virtual',
      storage: flags.storage,
      seed: checkLastSeed(flags.seed ?? randomInt(freshSeedMax), flags.runs),
      runs: flags.runs,
      jobs: flags.jobs,
      comparesWithLab: flags.compareLab === true,
      trace: traceChoice(flags),
      ...logChoice(flags, { runs: flags.runs, servers: Math.max(...tests.map(({ servers }) => servers)) }),
      reporters: withStandardOutput(flags.reporter),
      ...moduleChoice(flags, program.getOptionValueSource('storage') === 'cli'),
    };
  } catch (error) {
    if (error instanceof CommanderError) return { kind: 'done', exitCode: error.exitCode === 0 ? 0 : 2 };
    if (!(error instanceof SelectionError)) throw error;
    terminal.error(`error: ${error.message}\n`);
    return { kind: 'done', exitCode: 2 };
  }
}

export function traceFile(path: string): string {
  if (isTraceFile(path)) return path;
  throw new InvalidArgumentError(`Its name must end in ${traceFormats.join(' or ')}.`);
}

function traceChoice({ trace, traceDir: folder }: Flags): TraceChoice {
  // Commander's default for an option with a --no- form is true.
  if (typeof trace === 'string') return { file: trace, folder, isOff: false };
  return { folder, isOff: trace === false };
}

function moduleChoice(
  { impl: path, timeLimit, real }: Flags,
  isStorageGiven: boolean,
): Pick<GradeCommand, 'implementation'> {
  if (path === undefined) {
    if (timeLimit === undefined) return {};
    throw new SelectionError('--time-limit is for an implementation of your own; give --impl <file> too.');
  }
  if (isStorageGiven) {
    throw new SelectionError("--storage is for our Raft; that of --impl has the lab's persister.");
  }
  const timeLimitSeconds = timeLimit ?? defaultTimeLimitSeconds[real === true ? 'real' : 'virtual'];
  const given = timeLimit === undefined ? {} : { givenTimeLimitSeconds: timeLimit };
  return { implementation: { path, timeLimitSeconds, ...given } };
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min || number > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** Run k has the seed + k, so that each run can be had again by itself. */
function checkLastSeed(seed: number, runs: number): number {
  if (seed <= Number.MAX_SAFE_INTEGER - (runs - 1)) return seed;
  throw new SelectionError(`--seed ${seed} with --runs ${runs} goes beyond ${Number.MAX_SAFE_INTEGER}.`);
}
