// Runs one graded test and reports the result. The same script runs in real time and in virtual time; all random numbers come
// from the seed.
import { ClusterWatch, type Invariant } from '@raftlab/invariants';
import { Membership } from '@raftlab/protocol';
import { Random, SystemClock, VirtualClock, type Clock } from '@raftlab/runtime';
import { Recorder } from '@raftlab/trace';
import type { Cluster } from '../cluster/cluster.ts';
import { Journal } from '../cluster/journal.ts';
import { TestCourse } from '../cluster/test-course.ts';
import { raftlab, type Implementation } from '../implementation.ts';
import type { GradedTest } from '../suites/suite.ts';
import type { FailureReport, TestReport, TimeMode } from './test-report.ts';

/** Options for the run of a graded test. */
export interface GradeOptions {
  readonly mode: TimeMode;
  /** The random streams of network, script, tester and servers derive from it. */
  readonly seed: number;
  /** Ours by default. */
  readonly implementation?: Implementation;
  /** The properties that are checked while the test runs: all by default; with none, only the lab's own checks. */
  readonly invariants?: readonly Invariant[];
  /** Keeps the run's events for the report. Recording does not change the run. */
  readonly isRecorded?: boolean;
}

/** Also resolves if the test fails. */
export async function gradeTest(test: GradedTest, options: GradeOptions): Promise<TestReport> {
  const systemClock = new SystemClock();
  const realBefore = systemClock.now();
  const cpuBefore = process.cpuUsage();
  const clock = options.mode === 'virtual' ? new VirtualClock(options.implementation?.watcher) : systemClock;
  const clockBefore = clock.now();
  const recorder = options.isRecorded === true ? new Recorder(clock, test.servers) : undefined;
  const run = (): Promise<RunOutcome> => runOnCluster(test, options, { clock, recorder });
  const outcome = await (clock instanceof VirtualClock ? clock.run(run) : run()).catch((error: unknown) => {
    const { kind: name, message } = failureOf(error);
    recorder?.record({ kind: 'failure', name, message });
    return { ...brokenDown(error), clockMs: clock.now() - clockBefore };
  });
  const cpu = process.cpuUsage(cpuBefore);
  return {
    id: test.id,
    mode: options.mode,
    seed: options.seed,
    ...outcome,
    record: recorder?.recorded(),
    realMs: systemClock.now() - realBefore,
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
}

type RunOutcome = Pick<
  TestReport,
  'statistics' | 'largestLogSizeBytes' | 'warnings' | 'traceHash' | 'eventCount' | 'clockMs' | 'failure'
>;

async function runOnCluster(
  test: GradedTest,
  { mode, seed, implementation = raftlab, invariants }: GradeOptions,
  { clock, recorder }: { clock: Clock; recorder: Recorder | undefined },
): Promise<RunOutcome> {
  const startedAt = clock.now();
  const { watcher } = implementation;
  const journal = new Journal(() => clock.now() - startedAt, recorder);
  let failure: FailureReport | undefined;
  const course = new TestCourse({
    clock,
    journal,
    onFailure(error, server) {
      failure = {
        kind: error.name,
        message: [error.message, ...(watcher?.explainFailure(error) ?? [])].join('\n'),
        step: course.place,
        atMs: clock.now() - startedAt,
        recentEvents: journal.log.recent(),
      };
      journal.record({ kind: 'failure', name: failure.kind, message: failure.message, server });
    },
  });
  const watch = new ClusterWatch(
    Membership.ofSize(test.servers),
    (violation) => course.fail(violation, violation.server),
    invariants,
  );
  const random = Random.fromSeed(seed).fork(test.id);
  const { cluster, run } = test.open({ mode, clock, random, journal, course, watch }, implementation);
  const statistics = await runScript(cluster, course, run);
  const clockMs = clock.now() - startedAt;
  if (watcher !== undefined && course.failure === undefined) await clock.sleep(watcher.watchAfterKillMs);
  return {
    statistics,
    largestLogSizeBytes: cluster.largestLogSizeBytes,
    warnings: course.warnings,
    traceHash: journal.log.digest(),
    eventCount: journal.log.eventCount,
    clockMs,
    failure,
  };
}

/** From the set-up to the end of the clean-up. Errors fail the course; the statistics are those of the script's end. */
async function runScript(
  cluster: Cluster,
  course: TestCourse,
  script: () => Promise<void>,
): Promise<TestReport['statistics']> {
  try {
    cluster.setUp();
    await script();
    course.checkTimeLimit();
  } catch (error) {
    course.fail(error);
  }
  const statistics = cluster.statistics();
  await cluster.cleanup();
  try {
    course.checkTimeLimit();
  } catch (error) {
    course.fail(error);
  }
  return statistics;
}

/** An error that stops the run itself, such as a deadlock, fails the test like any other. */
function brokenDown(error: unknown): Omit<RunOutcome, 'clockMs'> {
  return {
    statistics: {},
    largestLogSizeBytes: 0,
    warnings: [],
    traceHash: '',
    eventCount: 0,
    failure: failureOf(error),
  };
}

function failureOf(error: unknown): FailureReport {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: name, message, step: 'outside the script', atMs: 0, recentEvents: [] };
}
