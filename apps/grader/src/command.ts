// What the command line says, as a value. Reads nothing but its arguments, prints nothing, ends nothing.
import { randomInt } from 'node:crypto';
import { gradedTests, type GradedTest, type TimeMode } from '@raftlab/test-harness';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseWholeNumber } from './whole-number.ts';
import { selectTests } from './select-tests.ts';

export interface GradeCommand {
  /** In the lab's order, each once; never empty. */
  readonly tests: readonly GradedTest[];
  readonly mode: TimeMode;
  /** Run k of a test, counted from 0, uses seed + k; all of these are safe integers. */
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  /** Only name the tests. */
  readonly lists: boolean;
  readonly comparesLab: boolean;
}

/** Either something to do, or a text that answers the command at once: help, version, or what is wrong with it. */
export type ParsedCommand =
  | { readonly kind: 'command'; readonly command: GradeCommand }
  | { readonly kind: 'answer'; readonly text: string; readonly exitCode: 0 | 2 };

/** Fresh seeds have at most nine digits, so that they are easy to copy. */
const freshSeedCount = 1_000_000_000;
/** More runs than anybody waits for: a typing error. */
const runCountMax = 10_000_000;
/** Tests side by side: beyond this a machine only gets slower. */
const jobCountMax = 256;

export function parseCommand(argv: readonly string[], version: string): ParsedCommand {
  let answer = '';
  const program = defineCommand(version).configureOutput({
    writeOut: (text) => (answer += text),
    writeErr: (text) => (answer += text),
  });
  try {
    program.parse(argv, { from: 'user' });
    return { kind: 'command', command: toCommand(program) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'answer', text: answer.trimEnd(), exitCode: error.exitCode === 0 ? 0 : 2 };
  }
}

interface RawOptions {
  readonly real?: true;
  readonly seed?: number;
  readonly runs: number;
  readonly jobs: number;
  readonly list?: true;
  readonly compareLab?: true;
}

function defineCommand(version: string): Command {
  const wholeNumber = (min: number, max: number) => (text: string) =>
    orInvalid(() => parseWholeNumber(text, { min, max }));
  return new Command('grade')
    .description('Runs the graded tests of MIT 6.5840 Lab 3 (Raft), in virtual time unless told otherwise.')
    .addArgument(
      new Argument(
        '[part or test...]',
        'a part (3A, 3B, 3C, 3D) or a test, by any beginning of its name that fits one test only',
      ).default([], 'all 28 tests'),
    )
    .addOption(new Option('--real', 'real time, as in the lab, instead of virtual time'))
    .addOption(
      new Option(
        '--seed <number>',
        'where all chance comes from: a whole number below 2^53 (default: a fresh one)',
      ).argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(
      new Option('--runs <count>', 'how often each test runs; run k uses the seed plus k, counted from 0')
        .argParser(wholeNumber(1, runCountMax))
        .default(1),
    )
    .addOption(
      new Option(
        '--jobs <count>',
        'how many tests run at once: on threads in virtual time (one per core at most), side by side in real time',
      )
        .argParser(wholeNumber(1, jobCountMax))
        .default(1),
    )
    .addOption(new Option('--list', 'names the tests and runs none'))
    .addOption(
      new Option('--compare-lab', "ends with a table of medians beside the lab page's figures").default(
        false,
        'no',
      ),
    )
    .version(version, '-V, --version', 'prints the version')
    .helpOption('-h, --help', 'prints this')
    .addHelpText(
      'after',
      `\nExit code: 0 all passed, 1 a test failed, 2 the command was wrong, 130 interrupted.`,
    )
    .showHelpAfterError('(see grade --help)')
    .exitOverride();
}

function toCommand(program: Command): GradeCommand {
  const { real, seed: wantedSeed, runs, jobs, list = false, compareLab = false } = program.opts<RawOptions>();
  const tests = orError(program, () => selectTests(program.args, gradedTests));
  const seed = wantedSeed ?? randomInt(freshSeedCount);
  if (seed > Number.MAX_SAFE_INTEGER - (runs - 1)) {
    program.error(
      `error: ${runs} runs from seed ${seed} would go beyond the largest seed, ${Number.MAX_SAFE_INTEGER}.`,
    );
  }
  return {
    tests,
    mode: real === true ? 'real' : 'virtual',
    seed,
    runs,
    jobs,
    lists: list,
    comparesLab: compareLab,
  };
}

/** Commander words the complaint about an option around an InvalidArgumentError. */
function orInvalid<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function orError<T>(program: Command, choose: () => T): T {
  try {
    return choose();
  } catch (error) {
    if (error instanceof RangeError) return program.error(`error: ${error.message}`);
    throw error;
  }
}
