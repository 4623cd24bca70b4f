// The parameters of one grading: the words and options of the command line, checked against each other.
import { randomInt } from 'node:crypto';
import type { GradedTest, TimeMode } from '@raftlab/test-harness';
import { CommandError } from '../command-error.ts';
import { logChoice, type LogChoice, type LogFlags } from '../log/log-choice.ts';
import { checkShardSeed, type Shard } from '../shard.ts';
import type { TraceChoice } from '../traces/trace-choice.ts';
import { withStandardOutput, type ReporterChoice } from './reporters/choice.ts';
import { selectTests } from './select-tests.ts';
import type { StorageName } from './storages.ts';
import { allTests, defaultTests, suiteOf } from './suites.ts';

export interface GradeRequest {
  readonly tests: readonly GradedTest[];
  readonly mode: TimeMode;
  readonly storage: StorageName;
  readonly seed: number;
  readonly runs: number;
  /** Which part of the series of all tests and runs is graded here. */
  readonly shard: Shard;
  readonly jobs: number;
  readonly comparesWithLab: boolean;
  readonly trace: TraceChoice;
  /** Without it no log is printed. */
  readonly log?: LogChoice;
  /** One of them is for standard output. */
  readonly reporters: readonly ReporterChoice[];
  /** The implementation that is graded instead of our Raft. */
  readonly implementation?: ModuleChoice;
}

export interface ModuleChoice {
  /** The path as it was given. */
  readonly path: string;
  /** The time limit of one test, in seconds of real time. */
  readonly timeLimitSeconds: number;
  /** The same, if --time-limit gave it. */
  readonly givenTimeLimitSeconds?: number;
  /** Whether the module's key/value service runs on our Raft, and not on its own. */
  readonly isOnOurRaft: boolean;
}

/** The options of `grade` as commander parses them. */
export interface GradeFlags extends LogFlags {
  readonly real?: true;
  readonly storage: StorageName;
  readonly seed?: number;
  readonly runs: number;
  readonly shard: Shard;
  readonly jobs: number;
  readonly list?: true;
  readonly compareLab?: true;
  /** False: --no-trace. */
  readonly trace?: string | boolean;
  readonly traceDir: string;
  readonly reporter?: readonly ReporterChoice[];
  readonly impl?: string;
  readonly timeLimit?: number;
  readonly raft?: 'ours' | 'own';
}

/** Virtual time: a test takes seconds, or minutes if it persists thousands of entries inefficiently. Real time: two minutes. */
export const defaultTimeLimitSeconds = { virtual: 300, real: 180 } as const;
/** Random seeds are short, so that they are easy to type; any safe integer is accepted. */
const freshSeedMax = 1_000_000_000;

/** Throws CommandError if the words name no test or the options contradict each other. */
export function gradeRequest(
  words: readonly string[],
  flags: GradeFlags,
  { isStorageGiven }: { isStorageGiven: boolean },
): GradeRequest {
  const tests = selectTests(words, allTests, defaultTests);
  checkShardSeed(flags.shard, flags.seed);
  return {
    tests,
    mode: flags.real === true ? 'real' : 'virtual',
    storage: flags.storage,
    seed: checkLastSeed(flags.seed ?? randomInt(freshSeedMax), flags.runs),
    runs: flags.runs,
    shard: flags.shard,
    jobs: flags.jobs,
    comparesWithLab: flags.compareLab === true,
    trace: traceChoice(flags),
    ...logChoice(flags, { runs: flags.runs, servers: Math.max(...tests.map(({ servers }) => servers)) }),
    reporters: withStandardOutput(flags.reporter),
    ...moduleChoice(flags, { isStorageGiven, tests }),
  };
}

function traceChoice({ trace, traceDir: folder }: GradeFlags): TraceChoice {
  // Commander's default for an option with a --no- form is true.
  if (typeof trace === 'string') return { file: trace, folder, isOff: false };
  return { folder, isOff: trace === false };
}

function moduleChoice(
  { impl: path, timeLimit, real, raft }: GradeFlags,
  { isStorageGiven, tests }: { isStorageGiven: boolean; tests: readonly GradedTest[] },
): Pick<GradeRequest, 'implementation'> {
  if (path === undefined) {
    if (raft !== undefined)
      throw new CommandError('--raft says what a service of your own runs on; add --impl <file>.');
    if (timeLimit === undefined) return {};
    throw new CommandError('--time-limit limits an implementation of your own; add --impl <file>.');
  }
  if (isStorageGiven) {
    throw new CommandError("--storage applies to our Raft; with --impl the storage is the lab's persister.");
  }
  const isOnOurRaft = raft === 'ours';
  const ofRaft = tests.find((test) => suiteOf(test).id !== 'lab4');
  if (isOnOurRaft && ofRaft !== undefined)
    throw new CommandError(
      `--raft ours grades a key/value service on our Raft, and ${ofRaft.id} grades the Raft; name tests of 4A and 4B.`,
    );
  const timeLimitSeconds = timeLimit ?? defaultTimeLimitSeconds[real === true ? 'real' : 'virtual'];
  const given = timeLimit === undefined ? {} : { givenTimeLimitSeconds: timeLimit };
  return { implementation: { path, timeLimitSeconds, isOnOurRaft, ...given } };
}

/** Run k has the seed + k, so that each run can be repeated by itself. */
function checkLastSeed(seed: number, runs: number): number {
  if (seed <= Number.MAX_SAFE_INTEGER - (runs - 1)) return seed;
  throw new CommandError(
    `--seed ${seed} with --runs ${runs} goes beyond ${Number.MAX_SAFE_INTEGER}; give a smaller seed.`,
  );
}
