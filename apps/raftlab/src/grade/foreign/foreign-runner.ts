// Grades a learner's implementation in threads of its own, each with a limit of time and of memory. A thread that ends, or has to
// be stopped, fails the test that ran in it; a new thread takes the next test.
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { crashReport } from '../crash-report.ts';
import type { TestRunner } from '../test-runner.ts';
import { ModuleError } from '../../modules/module-error.ts';
import { Progress } from '../../threads/progress.ts';
import { ThreadLost, WatchedThreads } from '../../threads/watched-threads.ts';
import { openLearnerModule } from './learner-module.ts';
import type { LoadTask } from './learner-thread.ts';
import type { ForeignTask } from './worker.ts';

type ThreadTask = Omit<ForeignTask, 'progress'> | Omit<LoadTask, 'progress'>;

export interface ForeignOptions {
  /** The path of the module, as it was given. */
  readonly path: string;
  readonly mode: TimeMode;
  readonly jobs: number;
  readonly timeLimitSeconds: number;
  /** Whether the module's service runs on our Raft. */
  readonly isOnOurRaft: boolean;
}

/** Throws ModuleError if the module cannot be loaded. */
export async function openForeignRunner(options: ForeignOptions): Promise<TestRunner> {
  const { path, mode, jobs, timeLimitSeconds, isOnOurRaft } = options;
  const opened = await openLearnerModule(path, { mode, isOnOurRaft });
  const { module, threadCode } = opened;
  const threads = new WatchedThreads<ThreadTask>({
    worker: new URL('worker.js', import.meta.url),
    count: jobs,
    code: threadCode,
    timeLimitSeconds,
  });
  const runner: TestRunner = {
    grade: async ({ test: { id }, seed, recording = 'none' }) => {
      const progress = new Progress();
      const task = { module, id, seed, recording };
      const outcome = await threads.run<TestReport>('gradeInForeignWorker', task, progress);
      return outcome instanceof ThreadLost
        ? crashReport({ id, mode, seed, atMs: progress.clockMs }, outcome)
        : outcome;
    },
    hasPrinted: () => threads.havePrinted(),
    close: async () => {
      await threads.close();
      opened.remove();
    },
  };
  const problem = await threads.run<string | undefined>('loadInWorker', { module });
  if (problem === undefined) return runner;
  await runner.close();
  throw new ModuleError(path, problem instanceof ThreadLost ? problem.message : problem);
}
