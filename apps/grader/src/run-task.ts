// Runs a task in this thread.
import { gradeTest, type GradedTest, type Implementation } from '@raftlab/test-harness';
import { crashReport } from './crash-report.ts';
import type { StrayErrors } from './stray-errors.ts';
import type { Execute, Task, TaskReport } from './task.ts';

export interface RunTaskOptions {
  readonly tests: readonly GradedTest[];
  readonly strayErrors: StrayErrors;
  /** Ours by default. */
  readonly implementation?: Implementation;
}

export function runTaskWith({ tests, strayErrors, implementation }: RunTaskOptions): Execute {
  return async (task: Task): Promise<TaskReport> => {
    const { mode, seed } = task;
    try {
      const test = tests.find(({ id }) => id === task.test.id);
      if (test === undefined) throw new Error(`there is no test ${task.test.id}`);
      return await strayErrors.watch(() =>
        gradeTest(test, { mode, seed, ...(implementation !== undefined && { implementation }) }),
      );
    } catch (error) {
      return crashReport(task, error);
    }
  };
}
