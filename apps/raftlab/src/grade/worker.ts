// One worker thread of a virtual grading: a task comes in by name, since scripts cannot cross threads.
import { gradedTests, type TestReport, type TimeMode } from '@raftlab/test-harness';
import { gradeSafely } from './grade-safely.ts';
import { implementationOn, type StorageName } from './storages.ts';
import { StrayErrors } from './stray-errors.ts';

const strayErrors = new StrayErrors({ areTestsSideBySide: false });

export interface WorkerTask {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  readonly storage: StorageName;
  readonly isRecorded: boolean;
}

/** The name under which the pool calls it: `gradeInWorker`. */
export async function gradeInWorker({
  id,
  mode,
  seed,
  storage,
  isRecorded,
}: WorkerTask): Promise<TestReport> {
  const test = gradedTests.find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`no test ${id}`);
  return await gradeSafely(
    test,
    { mode, seed, implementation: implementationOn(storage), isRecorded },
    strayErrors,
  );
}
