// Tests times runs, spread over jobs, with their reports in the lab's order whatever finishes first.
import type { GradedTest, TestReport } from '@raftlab/test-harness';
import { Piscina } from 'piscina';
import type { GradeCommand } from './command.ts';
import { crashReport } from './crash-report.ts';
import { gradeSafely } from './grade-safely.ts';
import { implementationOn } from './storages.ts';
import { StrayErrors } from './stray-errors.ts';
import type { WorkerTask } from './worker.ts';

export interface Task {
  readonly test: GradedTest;
  readonly seed: number;
  /** Whether the report shall bring what happened. */
  readonly isRecorded?: boolean;
}

export interface ScheduleListener {
  onStart?(task: Task): void;
  /** At once, while its report may have to wait for those before it. */
  onEnd?(task: Task, report: TestReport): void;
  /** In the order of the tasks. */
  onReport(task: Task, report: TestReport): void;
}

/** Run by run, and in each run the tests in the lab's order. */
export function* tasksOf({
  tests,
  seed,
  runs,
}: Pick<GradeCommand, 'tests' | 'seed' | 'runs'>): Generator<Task> {
  for (let run = 0; run < runs; run += 1) {
    for (const test of tests) yield { test, seed: seed + run };
  }
}

/** How one task becomes a report, here or elsewhere. */
export interface Workplace {
  grade(task: Task): Promise<TestReport>;
  /** Whether what is graded has printed something by itself. */
  hasPrinted?(): boolean;
  close(): Promise<void>;
}

/** For --impl, threads with limits; throws ModuleError when the module cannot be loaded. */
export async function openWorkplace(command: GradeCommand): Promise<Workplace> {
  const { implementation, mode, jobs } = command;
  if (implementation === undefined) return openOurWorkplace(command);
  // Only now: it brings a bundler with it.
  const { openForeignWorkplace } = await import('./foreign/foreign-runner.ts');
  return openForeignWorkplace({ ...implementation, mode, jobs });
}

/** This thread: for one job, and for real time, where tests mostly sleep. Virtual runs side by side want threads. */
function openOurWorkplace({ mode, storage, jobs }: GradeCommand): Workplace {
  if (mode === 'real' || jobs === 1) {
    const implementation = implementationOn(storage);
    const strayErrors = new StrayErrors({ areTestsSideBySide: jobs > 1 });
    return {
      grade: ({ test, seed, isRecorded = false }) =>
        gradeSafely(test, { mode, seed, implementation, isRecorded }, strayErrors),
      close: () => Promise.resolve(),
    };
  }
  const filename = new URL('worker.js', import.meta.url).href;
  const pool = new Piscina<WorkerTask, TestReport>({
    filename,
    name: 'gradeInWorker',
    minThreads: jobs,
    maxThreads: jobs,
  });
  return {
    grade: ({ test: { id }, seed, isRecorded = false }) =>
      // A thread reports its errors; it rejects when it has died, for want of memory for instance.
      pool
        .run({ id, mode, seed, storage, isRecorded })
        .catch((error: unknown) => crashReport({ id, mode, seed }, error)),
    close: () => pool.destroy(),
  };
}

/** Runs all tasks, `jobs` at a time, and reports them in order. An abort ends it at once, with what is under way left. */
export async function runTasks(
  tasks: Iterable<Task>,
  { workplace, jobs, signal }: { workplace: Workplace; jobs: number; signal: AbortSignal },
  listener: ScheduleListener,
): Promise<void> {
  const waiting = tasks[Symbol.iterator]();
  const finished = new Map<number, { task: Task; report: TestReport }>();
  let startedCount = 0;
  let reportedCount = 0;

  async function work(): Promise<void> {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const task = next.value;
      const place = startedCount++;
      listener.onStart?.(task);
      const report = await workplace.grade(task);
      if (signal.aborted) return;
      listener.onEnd?.(task, report);
      finished.set(place, { task, report });
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
