// One worker thread of a grading in virtual time. Tests are named by their ids, since their scripts cannot cross threads.
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { gradeSafely } from './grade-safely.ts';
import { implementationOn, type StorageName } from './storages.ts';
import { StrayErrors } from './stray-errors.ts';
import { testById } from './suites.ts';
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
  const options = {
    mode,
    seed,
    implementation: implementationOn(storage),
    isRecorded: recording !== 'none',
  };
  return withWantedRecord(await gradeSafely(testById(id), options, strayErrors), recording);
}
