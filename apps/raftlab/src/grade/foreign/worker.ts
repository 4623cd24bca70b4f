// What a thread with a learner's implementation does for `grade`.
import type { TestReport } from '@raftlab/test-harness';
import { gradeSafely } from '../grade-safely.ts';
import { withLateFailure } from '../late-failure.ts';
import { testById } from '../suites.ts';
import { withWantedRecord, type Recording } from '../test-runner.ts';
import { GuardedImplementation } from './guarded-implementation.ts';
import { prepare, strayErrors, underGuard, type LoadTask } from './learner-thread.ts';
import { Progress } from '../../threads/progress.ts';

export { loadInWorker } from './learner-thread.ts';

export interface ForeignTask extends LoadTask {
  readonly id: string;
  readonly seed: number;
  readonly recording: Recording;
}

export async function gradeInForeignWorker({
  module,
  id,
  seed,
  recording,
  progress: buffer,
}: ForeignTask): Promise<TestReport> {
  const test = testById(id);
  const { mode } = module;
  const progress = new Progress(buffer);
  progress.begin();
  const { sources, exports } = prepare(module);
  const implementation = new GuardedImplementation(await exports, { sources, progress, mode });
  const options = { mode, seed, implementation, isRecorded: recording !== 'none' };
  const report = await underGuard(implementation.code, () => gradeSafely(test, options, strayErrors));
  const { fault } = implementation.code;
  const verdict =
    report.failure === undefined && fault !== undefined ? withLateFailure(report, fault) : report;
  return withWantedRecord(verdict, recording);
}
