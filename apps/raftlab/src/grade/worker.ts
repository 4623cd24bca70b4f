// One worker thread of a grading in virtual time. Tests are named by their ids, since their scripts cannot cross threads.
import { gradedTests, type TestReport, type TimeMode } from '@raftlab/test-harness';
import { gradeSafely } from './grade-safely.ts';
import { implementationOn, type StorageName } from './storages.ts';
import { StrayErrors } from './stray-errors.ts';
import { withWantedRecord, type Recording } from './test-runner.ts';

const strayErrors = new StrayErrors({ areTestsSideBySide: false });

export interface WorkerTask {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  readonly storage: StorageName;
  readonly recording: Recording;
}

/** The name under which the pool calls it: `gradeInWorker`. */
export async function gradeInWorker({ id, mode, seed, storage, recording }: WorkerTask): Promise<TestReport> {
  const test = gradedTests.find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`there is no test ${id}`);
  const options = {
    mode,
    seed,
    implementation: implementationOn(storage),
    isRecorded: recording !== 'none',
  };
  return withWantedRecord(await gradeSafely(test, options, strayErrors), recording);
}
