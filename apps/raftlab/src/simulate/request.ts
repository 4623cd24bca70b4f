// The parameters of one `simulate`: the options of the command line, checked against each other.
import { randomInt } from 'node:crypto';
import {
  serverCounts,
  type ConditionName,
  type FaultFamily,
  type MixOverrides,
  type ScheduleName,
  type StorageKind,
} from '@raftlab/simulation';
import { CommandError } from '../command-error.ts';
import { checkShardSeed, type Shard } from '../shard.ts';
import { logChoice, type LogChoice, type LogFlags } from '../log/log-choice.ts';

export interface SimulateRequest {
  readonly kind: 'simulate';
  readonly seed: number;
  /** The number of runs; with `minutes`, as many as fit. */
  readonly runs: number;
  readonly minutes: number | undefined;
  readonly jobs: number;
  /** Which of the runs take place here. */
  readonly shard: Shard;
  readonly overrides: MixOverrides;
  /** Whether every step is also compared with the reference model, which is slow. */
  readonly hasReference: boolean;
  /** The service on top of Raft, as it was given: `kv`, or the path of a module. */
  readonly service?: string;
  /** The module of a learner's Raft, as it was given. */
  readonly raft?: string;
  /** The folder where failing runs are saved. */
  readonly saveTo: string;
  /** Where the traces of all runs go; with several runs their seeds are added to the name. */
  readonly trace?: string;
  /** Without it no log is printed. */
  readonly log?: LogChoice;
}

export interface ReplayRequest extends Pick<
  SimulateRequest,
  'hasReference' | 'service' | 'raft' | 'trace' | 'log'
> {
  readonly kind: 'replay';
  readonly file: string;
}

/** The options of `simulate` as commander parses them. */
export interface SimulateFlags extends LogFlags {
  readonly seed?: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly jobs: number;
  readonly shard: Shard;
  /** One of `serverCounts`. */
  readonly servers?: string;
  readonly learners?: number;
  readonly schedule?: ScheduleName;
  readonly without?: readonly FaultFamily[];
  readonly with?: readonly ConditionName[];
  readonly storage?: StorageKind;
  readonly reference?: true;
  readonly service?: string;
  readonly impl?: string;
  readonly replay?: string;
  readonly save: string;
  readonly trace?: string;
}

/** Runs without --runs and --minutes. */
export const defaultRuns = 100;
const freshSeedMax = 1_000_000_000;
/** Files; each may have several megabytes. */
const tracesMax = 1000;

/** Throws CommandError if the options contradict each other. */
export function simulateRequest(flags: SimulateFlags): SimulateRequest | ReplayRequest {
  const { seed, minutes, jobs, shard, servers, learners, schedule, without, replay, save, trace, service } =
    flags;
  const serverCount = serverCounts.find((each) => String(each) === servers);
  const runs = flags.runs ?? (minutes === undefined ? defaultRuns : Infinity);
  const shared = {
    hasReference: flags.reference === true,
    ...(service !== undefined && { service }),
    ...(flags.impl !== undefined && { raft: flags.impl }),
    ...(trace !== undefined && { trace }),
    ...logChoice(flags, { runs: replay === undefined ? runs : 1, servers: Number(servers ?? 7) }),
  };
  if (flags.reference === true && flags.storage === 'wal')
    throw new CommandError(
      '--reference cannot be used with --storage wal: the second Raft expects that a crash leaves the acknowledged writes only, and a log on files may keep a later one. Leave one of them out.',
    );
  if (replay !== undefined) return { kind: 'replay', file: replay, ...shared };
  checkShardSeed(shard, seed);
  if (trace !== undefined && runs > tracesMax) {
    const count = minutes === undefined ? runs : 'any number of';
    throw new CommandError(
      `--trace would write ${count} files; ${tracesMax} are the most. Give --runs ${tracesMax} or less.`,
    );
  }
  return {
    kind: 'simulate',
    seed: seed ?? randomInt(freshSeedMax),
    runs,
    minutes,
    jobs,
    shard,
    overrides: {
      ...(serverCount !== undefined && { servers: serverCount }),
      ...(learners !== undefined && { learners }),
      ...(schedule !== undefined && { schedule }),
      ...(without !== undefined && { without }),
      ...(flags.storage !== undefined && { storage: flags.storage }),
      ...(flags.with !== undefined && { conditions: flags.with }),
    },
    saveTo: save,
    ...shared,
  };
}
