// Runs one graded test, in this thread or in another.
import type { GradedTest, TestReport } from '@raftlab/test-harness';

/** Whose events are kept: recording takes about a fifth more CPU time, and a record has thousands of events. */
export type Recording = 'none' | 'failed' | 'all';

export interface Task {
  readonly test: GradedTest;
  readonly seed: number;
  /** Whether the report includes the events of the run; `none` without it. */
  readonly recording?: Recording;
}

export interface TestRunner {
  /** Never rejects because of the graded implementation: that is a failure in the report. */
  grade(task: Task): Promise<TestReport>;
  /** Whether the implementation has written to the terminal. */
  hasPrinted?(): boolean;
  close(): Promise<void>;
}

/** The report without an unrequested record, so that it need not be copied between threads. */
export function withWantedRecord(report: TestReport, recording: Recording): TestReport {
  const isWanted = recording === 'all' || (recording === 'failed' && report.failure !== undefined);
  return isWanted ? report : { ...report, record: undefined };
}
