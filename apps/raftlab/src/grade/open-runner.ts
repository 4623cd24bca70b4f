// Chooses where the tests run: in this thread, in worker threads, or, for --impl, in guarded threads.
import type { TestReport } from '@raftlab/test-harness';
import { Piscina } from 'piscina';
import { crashReport } from './crash-report.ts';
import { gradeSafely } from './grade-safely.ts';
import type { GradeRequest } from './request.ts';
import { implementationOn } from './storages.ts';
import { StrayErrors } from './stray-errors.ts';
import type { TestRunner } from './test-runner.ts';
import type { WorkerTask } from './worker.ts';
import { youngGenerationMb } from '../threads/watched-threads.ts';

/** Throws ModuleError if the module of --impl cannot be loaded. */
export async function openRunner(request: GradeRequest): Promise<TestRunner> {
  const { implementation, mode, jobs } = request;
  if (implementation !== undefined) {
    // Imported only here because it loads a bundler.
    const { openForeignRunner } = await import('./foreign/foreign-runner.ts');
    return openForeignRunner({ ...implementation, mode, jobs });
  }
  // Tests in real time mostly sleep: one thread runs them in parallel.
  return mode === 'real' || jobs === 1 ? runnerInThisThread(request) : runnerInThreads(request);
}

function runnerInThisThread({ mode, storage, jobs }: GradeRequest): TestRunner {
  const implementation = implementationOn(storage);
  const strayErrors = new StrayErrors({ areTestsSideBySide: jobs > 1 });
  return {
    grade: ({ test, seed, recording = 'none' }) =>
      gradeSafely(test, { mode, seed, implementation, isRecorded: recording !== 'none' }, strayErrors),
    close: () => Promise.resolve(),
  };
}

function runnerInThreads({ mode, storage, jobs }: GradeRequest): TestRunner {
  const pool = new Piscina<WorkerTask, TestReport>({
    filename: new URL('worker.js', import.meta.url).href,
    name: 'gradeInWorker',
    minThreads: jobs,
    maxThreads: jobs,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  return {
    grade: ({ test: { id }, seed, recording = 'none' }) =>
      // A thread reports the errors of its test. It rejects if the thread itself dies, for example because it is out of memory.
      pool
        .run({ id, mode, seed, storage, recording })
        .catch((error: unknown) => crashReport({ id, mode, seed }, error)),
    close: () => pool.destroy(),
  };
}
