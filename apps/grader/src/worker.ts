// One worker thread of a virtual grading: a task comes in by name, since scripts cannot cross threads.
import { gradedTests, gradeTest, type TestReport, type TimeMode } from '@raftlab/test-harness';
import { implementationOn, type StorageName } from './storages.ts';

export interface WorkerTask {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  readonly storage: StorageName;
}

// Piscina calls the default export of its worker file.
// oxlint-disable-next-line import/no-default-export
export default async function gradeInWorker({ id, mode, seed, storage }: WorkerTask): Promise<TestReport> {
  const test = gradedTests.find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`no test ${id}`);
  return await gradeTest(test, { mode, seed, implementation: implementationOn(storage) });
}
