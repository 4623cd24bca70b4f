// What grading one test results in.
import type { RunRecord } from '@raftlab/trace';
import type { Statistics } from '../cluster/statistics.ts';

/** real: on the system clock. virtual: in simulated time. */
export type TimeMode = 'real' | 'virtual';

/** The result of one graded test. */
export interface TestReport {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  /** By the ids of the suite's columns. Empty when the run itself broke down. */
  readonly statistics: Statistics;
  /** The largest persisted Raft state that the test has asked for, in bytes; 0 where it does not ask. */
  readonly largestLogSizeBytes: number;
  /** What the test found wrong without failing. */
  readonly warnings: readonly string[];
  /** Fingerprint of everything that happened; equal for equal seeds in virtual time. */
  readonly traceHash: string;
  /** Events in the fingerprint. */
  readonly eventCount: number;
  /** Milliseconds on the test's own clock, set-up and clean-up included. */
  readonly clockMs: number;
  readonly realMs: number;
  readonly cpuMs: number;
  /** Undefined when the test passed. */
  readonly failure: FailureReport | undefined;
  /** Undefined unless it was asked for. */
  readonly record?: RunRecord | undefined;
}

/** Why a test failed. */
export interface FailureReport {
  /** `TestFailure`, `InvariantViolation`, `RpcError`, … */
  readonly kind: string;
  readonly message: string;
  /** The check that the script was in. */
  readonly step: string;
  /** Milliseconds on the test's clock since the cluster was made. */
  readonly atMs: number;
  /** The last events before the failure, oldest first. */
  readonly recentEvents: readonly string[];
}
