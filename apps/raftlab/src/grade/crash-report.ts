// The report of a test that returned none: the harness threw, or the thread of the test died.
import { createHash } from 'node:crypto';
import type { TestReport, TimeMode } from '@raftlab/test-harness';

/** An ordinary failure of the test, without figures. Equal errors have equal reports. */
export function crashReport({ id, mode, seed, atMs = 0 }: CrashedTest, thrown: unknown): TestReport {
  const { name, message } = asError(thrown);
  return {
    id,
    mode,
    seed,
    statistics: {},
    largestLogSizeBytes: 0,
    warnings: [],
    traceHash: createHash('sha256').update(`${name}: ${message}`).digest('hex').slice(0, 16),
    eventCount: 0,
    clockMs: 0,
    realMs: 0,
    cpuMs: 0,
    failure: { kind: name, message, step: 'outside the checks of the test', atMs, recentEvents: [] },
  };
}

/** A thrown value need not be an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown: ${String(thrown)}`);
}

export interface CrashedTest {
  readonly id: string;
  readonly mode: TimeMode;
  readonly seed: number;
  /** Its time on the test's clock, if known. */
  readonly atMs?: number;
}
