// The report of a test that is found to have failed when its verdict is written: by an error that nobody saw in time.
import type { TestReport } from '@raftlab/test-harness';

/** The record, if there is one, ends with the failure. */
export function withLateFailure(report: TestReport, { name, message }: Error): TestReport {
  const { clockMs: at, record } = report;
  const failure = { kind: name, message, step: 'after the test', atMs: at, recentEvents: [] };
  if (record === undefined) return { ...report, failure };
  const events = [...record.events, { kind: 'failure', at, name, message } as const];
  return { ...report, failure, record: { ...record, events } };
}
