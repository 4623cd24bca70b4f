// The report of a test whose failure is found after its end, because the error occurred too late to stop it.
import type { TestReport } from '@raftlab/test-harness';

/** The record, if there is one, ends with the failure. */
export function withLateFailure(report: TestReport, { name, message }: Error): TestReport {
  const { clockMs: at, record } = report;
  const failure = { kind: name, message, step: 'after the test', atMs: at, recentEvents: [] };
  if (record === undefined) return { ...report, failure };
  const events = [...record.events, { kind: 'failure', at, name, message } as const];
  return { ...report, failure, record: { ...record, events } };
}
