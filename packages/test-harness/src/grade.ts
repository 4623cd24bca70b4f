// Runs one graded test and gives a report. The same script runs in real time and in virtual time; the seed decides
// everything that is drawn.
import { Membership } from '@raftlab/protocol';
import { Random, SystemClock, VirtualClock, type Clock } from '@raftlab/runtime';
import { Cluster, type Statistics } from './cluster/cluster.ts';
import { raftlab, type Implementation } from './implementation.ts';
import { ClusterWatch, type Invariant } from '@raftlab/invariants';
import { Recorder, type RunRecord } from '@raftlab/trace';
import type { GradedTest } from './suites/graded-test.ts';
import { Trace } from './trace.ts';

export type TimeMode = 'real' | 'virtual';

export interface GradeOptions {
  readonly mode: TimeMode;
  /** Draws of the network, the script, the tester and the servers all come from it. */
  readonly seed: number;
  /** Ours by default. */
  readonly implementation?: Implementation;
  /** What is watched while the test runs; everything by default, nothing for the lab's own checks alone. */
  readonly invariants?: readonly Invariant[];
  /** Keeps the run's events for the report. The run itself is the same with and without. */
  readonly isRecorded?: boolean;
}

export interface TestReport {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  readonly statistics: Statistics;
  /** The largest persisted Raft state that the test has asked for, in bytes; 0 where it does not ask (3A to 3C). */
  readonly largestLogSizeBytes: number;
  /** Fingerprint of everything that happened; equal for equal seeds in virtual time. */
  readonly traceHash: string;
  /** Events in the trace. */
  readonly eventCount: number;
  /** On the test's own clock, set-up and clean-up included. */
  readonly clockMs: number;
  readonly realMs: number;
  readonly cpuMs: number;
  /** Undefined when the test passed. */
  readonly failure: FailureReport | undefined;
  /** Undefined unless it was asked for. */
  readonly record?: RunRecord | undefined;
}

export interface FailureReport {
  /** `TestFailure`, `InvariantViolation`, `RpcError`, … */
  readonly kind: string;
  readonly message: string;
  /** The check that the script was in. */
  readonly step: string;
  /** Milliseconds on the test's clock since the cluster was made. */
  readonly atMs: number;
  /** The last events before the failure, oldest first. */
  readonly recentEvents: readonly string[];
}

export async function gradeTest(test: GradedTest, options: GradeOptions): Promise<TestReport> {
  const systemClock = new SystemClock();
  const realBefore = systemClock.now();
  const cpuBefore = process.cpuUsage();
  const clock = options.mode === 'virtual' ? new VirtualClock(options.implementation?.watcher) : systemClock;
  const clockBefore = clock.now();
  const recorder = options.isRecorded === true ? new Recorder(clock, test.servers) : undefined;
  const run = (): Promise<RunOutcome> => runOnCluster(test, options, clock, recorder);
  const outcome = await (clock instanceof VirtualClock ? clock.run(run) : run()).catch((error: unknown) => {
    const { kind: name, message } = failureOf(error);
    recorder?.record({ kind: 'failure', name, message });
    return asOutcome(error);
  });
  const cpu = process.cpuUsage(cpuBefore);
  return {
    id: test.id,
    mode: options.mode,
    seed: options.seed,
    ...outcome,
    record: recorder?.recorded(),
    clockMs: clock.now() - clockBefore,
    realMs: systemClock.now() - realBefore,
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
}

type RunOutcome = Pick<
  TestReport,
  'statistics' | 'largestLogSizeBytes' | 'traceHash' | 'eventCount' | 'failure'
>;

async function runOnCluster(
  test: GradedTest,
  options: GradeOptions,
  clock: Clock,
  recorder: Recorder | undefined,
): Promise<RunOutcome> {
  const startedAt = clock.now();
  const trace = new Trace(() => clock.now() - startedAt);
  const watch = new ClusterWatch(
    Membership.ofSize(test.servers),
    (violation) => cluster.fail(violation, violation.server),
    options.invariants,
  );
  let failure: FailureReport | undefined;
  const { implementation = raftlab } = options;
  const { watcher } = implementation;
  const cluster = new Cluster({
    serverCount: test.servers,
    isReliable: test.isUnreliable !== true,
    takesSnapshots: test.takesSnapshots === true,
    clock,
    random: Random.fromSeed(options.seed).fork(test.id),
    implementation,
    trace,
    watch,
    recorder,
    onFailure: (error, server) => {
      failure = {
        kind: error.name,
        message: [error.message, ...(watcher?.explainFailure() ?? [])].join('\n'),
        step: cluster.step,
        atMs: clock.now() - startedAt,
        recentEvents: trace.recent(),
      };
      recorder?.record({ kind: 'failure', name: failure.kind, message: failure.message, server });
    },
  });

  try {
    cluster.setUp();
    await test.script(cluster);
    cluster.finish();
  } catch (error) {
    cluster.fail(error);
  }
  const statistics = cluster.statistics();
  await cluster.cleanup();
  if (watcher !== undefined && cluster.failure === undefined) await clock.sleep(watcher.watchAfterKillMs);
  const { largestLogSize: largestLogSizeBytes } = cluster;
  return {
    statistics,
    largestLogSizeBytes,
    traceHash: trace.digest(),
    eventCount: trace.eventCount,
    failure,
  };
}

/** What stops the run itself, a deadlock above all, is a failure of the test like any other. */
function asOutcome(error: unknown): RunOutcome {
  return {
    statistics: { seconds: 0, servers: 0, rpcs: 0, bytes: 0, commands: 0 },
    largestLogSizeBytes: 0,
    traceHash: '',
    eventCount: 0,
    failure: failureOf(error),
  };
}

function failureOf(error: unknown): FailureReport {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: name, message, step: 'outside the script', atMs: 0, recentEvents: [] };
}
