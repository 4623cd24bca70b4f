// The result of grading one test.
import type { RunRecord } from '@raftlab/trace';
import type { Statistics } from '../cluster/statistics.ts';

/** real: on the system clock. virtual: in simulated time. */
export type TimeMode = 'real' | 'virtual';

/** The result of one graded test. */
export interface TestReport {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  /** By the ids of the suite's columns. Empty if the run itself failed. */
  readonly statistics: Statistics;
  /** The largest persisted Raft state that the test has measured, in bytes; 0 if it does not measure. */
  readonly largestLogSizeBytes: number;
  /** Problems that did not fail the test. */
  readonly warnings: readonly string[];
  /** Fingerprint of all events; equal for equal seeds in virtual time. */
  readonly traceHash: string;
  /** Events in the fingerprint. */
  readonly eventCount: number;
  /**
   * Milliseconds on the test's own clock, including set-up and clean-up, without the time for which an implementation's killed peers
   * are watched after the test.
   */
  readonly clockMs: number;
  readonly realMs: number;
  readonly cpuMs: number;
  /** Undefined if the test passed. */
  readonly failure: FailureReport | undefined;
  /** Undefined unless it was requested. */
  readonly record?: RunRecord | undefined;
}

/** Why a test failed. */
export interface FailureReport {
  /** `TestFailure`, `InvariantViolation`, `RpcError`, … */
  readonly kind: string;
  readonly message: string;
  /** The check or action in which the test failed, `step 3, checkOneLeader`, or `after step 3, checkOneLeader` between two of them. */
  readonly step: string;
  /** Milliseconds on the test's clock since the cluster was made. */
  readonly atMs: number;
  /** The last events before the failure, oldest first. */
  readonly recentEvents: readonly string[];
}
