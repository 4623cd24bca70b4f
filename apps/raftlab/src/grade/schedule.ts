// The tests of all runs, several at a time, with their reports in the lab's order, whichever ends first.
import type { TestReport } from '@raftlab/test-harness';
import { isInShard } from '../shard.ts';
import type { GradeRequest } from './request.ts';
import type { Task, TestRunner } from './test-runner.ts';

export interface ScheduleListener {
  onStart?(task: Task): void;
  /** Called at once; the report may wait for earlier ones. */
  onEnd?(task: Task, report: TestReport): void;
  /** In the order of the tasks. */
  onReport(task: Task, report: TestReport): void;
}

/** Run by run, and in each run the tests in the lab's order; of a shard, only its part of this series. */
export function* tasksOf({
  tests,
  seed,
  runs,
  shard,
}: Pick<GradeRequest, 'tests' | 'seed' | 'runs' | 'shard'>): Generator<Task> {
  let position = 0;
  for (let run = 0; run < runs; run += 1) {
    for (const test of tests) {
      if (isInShard(position, shard)) yield { test, seed: seed + run };
      position += 1;
    }
  }
}

/** Runs all tasks, `jobs` at a time, and reports them in order. An abort ends it at once; running tests are abandoned. */
export async function runTasks(
  tasks: Iterable<Task>,
  { runner, jobs, signal }: { runner: TestRunner; jobs: number; signal: AbortSignal },
  listener: ScheduleListener,
): Promise<void> {
  const waiting = tasks[Symbol.iterator]();
  const finished = new Map<number, { task: Task; report: TestReport }>();
  let startedCount = 0;
  let reportedCount = 0;

  async function work(): Promise<void> {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const task = next.value;
      const position = startedCount++;
      listener.onStart?.(task);
      const report = await runner.grade(task);
      if (signal.aborted) return;
      listener.onEnd?.(task, report);
      finished.set(position, { task, report });
      reportInOrder();
    }
  }

  function reportInOrder(): void {
    for (let first = finished.get(reportedCount); first !== undefined; first = finished.get(reportedCount)) {
      finished.delete(reportedCount);
      reportedCount += 1;
      listener.onReport(first.task, first.report);
    }
  }

  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const all = Promise.all(Array.from({ length: jobs }, work));
  await Promise.race([all, aborted]);
}
