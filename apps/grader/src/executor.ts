// Where the tests run. In virtual time on threads, also when there is only one: they compute all the time, and the main
// thread has to hear Ctrl-C. In real time side by side in this process: they mostly sleep.
import { availableParallelism } from 'node:os';
import { SystemClock } from '@raftlab/runtime';
import { gradedTests, type TimeMode } from '@raftlab/test-harness';
import { Piscina } from 'piscina';
import { asError, crashReport } from './crash-report.ts';
import { runTaskWith } from './run-task.ts';
import { StrayErrors } from './stray-errors.ts';
import type { Execute, Task, TaskReport } from './task.ts';

export interface Executor {
  readonly execute: Execute;
  close(): Promise<void>;
}

/** Real ms until a test that does not end is given up. The lab's limit is 120 s of the test's own time, clean-up excluded. */
const testTimeLimitMs = 150_000;

export function openExecutor({ mode, jobs }: { mode: TimeMode; jobs: number }): Executor {
  return mode === 'virtual' ? threads(Math.min(jobs, availableParallelism())) : sideBySide(jobs);
}

function threads(count: number): Executor {
  const pool = new Piscina<Task, TaskReport>({
    filename: new URL('worker.js', import.meta.url).href,
    name: 'runTask',
    minThreads: count,
    maxThreads: count,
    // The waiting for tasks that piscina does by default stops the event loop of a thread, and what is left of a test in it.
    atomics: 'disabled',
  });
  return {
    execute: withTimeLimit((task, signal) => pool.run(task, { signal })),
    close: () => pool.destroy(),
  };
}

function sideBySide(jobs: number): Executor {
  const strayErrors = new StrayErrors({ areTestsSideBySide: jobs > 1 });
  const runTask = runTaskWith({ tests: gradedTests, strayErrors });
  return { execute: withTimeLimit((task) => runTask(task)), close: () => Promise.resolve() };
}

/** Turns rejections, and tests that do not end, into reports. The signal aborts at the time limit. */
export function withTimeLimit(
  run: (task: Task, signal: AbortSignal) => Promise<TaskReport>,
  limitMs: number = testTimeLimitMs,
): Execute {
  const clock = new SystemClock();
  return async (task) => {
    const overdue = new AbortController();
    const timer = clock.setTimer(limitMs, () => {
      overdue.abort(new Error(`the test has not ended after ${limitMs / 1000} s of real time`));
    });
    try {
      // In this order: piscina has its own, less telling, error for an aborted task.
      return await Promise.race([rejectedBy(overdue.signal), run(task, overdue.signal)]);
    } catch (error) {
      return crashReport(task, error);
    } finally {
      timer.cancel();
    }
  };
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
}
