// The report of a test that gave none: the harness, or the thread that it ran in, broke down.
import { createHash } from 'node:crypto';
import type { Task, TaskReport } from './task.ts';

/** A failure of the test like any other, without figures. The same error gives the same report. */
export function crashReport({ test, mode, seed }: Task, error: unknown): TaskReport {
  const { name, message } = asError(error);
  return {
    id: test.id,
    mode,
    seed,
    statistics: { seconds: 0, servers: 0, rpcs: 0, bytes: 0, commands: 0 },
    traceHash: createHash('sha256').update(`${name}: ${message}`).digest('hex').slice(0, 16),
    clockMs: 0,
    failure: { kind: name, message, step: 'outside the checks of the test', atMs: 0, recentEvents: [] },
  };
}

/** What was thrown, which may be anything, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown: ${String(thrown)}`);
}
