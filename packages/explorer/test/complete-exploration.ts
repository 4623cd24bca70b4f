// What the tests expect of an exploration within small bounds: it visits every state, and all are safe.
import { expect } from 'vitest';
import type { ExplorerBounds } from '#src/bounds';
import { explore } from '#src/explore';

/** Explores within the bounds. The numbers are those of a complete exploration. */
export function check(bounds: Partial<ExplorerBounds>, states: number, depth: number): void {
  const report = explore(bounds);
  expect(report.violation).toBeUndefined();
  expect(report).toMatchObject({ isComplete: true, states, depth });
}
