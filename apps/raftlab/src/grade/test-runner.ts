// What grades one test, in this thread or in another.
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
  /** Never rejects for what the graded implementation does: that is a failure in the report. */
  grade(task: Task): Promise<TestReport>;
  /** Whether the implementation has written to the terminal by itself. */
  hasPrinted?(): boolean;
  close(): Promise<void>;
}

/** The report without a record that was not asked for, so that it need not be copied from thread to thread. */
export function withWantedRecord(report: TestReport, recording: Recording): TestReport {
  const isWanted = recording === 'all' || (recording === 'failed' && report.failure !== undefined);
  return isWanted ? report : { ...report, record: undefined };
}
