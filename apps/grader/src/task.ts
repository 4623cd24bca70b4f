// One test in one run, and what comes of it. Plain data: both travel between threads.
import type { GradedTest, TestReport, TimeMode } from '@raftlab/test-harness';

export interface Task {
  readonly test: Pick<GradedTest, 'id' | 'part' | 'title'>;
  /** From 0. */
  readonly run: number;
  readonly mode: TimeMode;
  readonly seed: number;
}

/** What the grader reads of a test's report. */
export type TaskReport = Pick<
  TestReport,
  'id' | 'mode' | 'seed' | 'statistics' | 'traceHash' | 'clockMs' | 'failure'
>;

/** Runs a task to its end. Never rejects: whatever goes wrong is a failure of the test, in its report. */
export type Execute = (task: Task) => Promise<TaskReport>;

export interface TaskPlan {
  readonly tests: readonly GradedTest[];
  readonly mode: TimeMode;
  readonly seed: number;
  readonly runs: number;
}

/** All tests of the first run, then all of the second, and so on; made one by one as they are asked for. */
export function* planTasks({ tests, mode, seed, runs }: TaskPlan): Generator<Task> {
  for (let run = 0; run < runs; run += 1) {
    for (const { id, part, title } of tests) yield { test: { id, part, title }, run, mode, seed: seed + run };
  }
}
