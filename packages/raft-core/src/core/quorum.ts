// Majorities.
import type { LogIndex } from '@raftlab/protocol';

export function majorityOf(serverCount: number): number {
  return Math.floor(serverCount / 2) + 1;
}

/** The highest index that a majority of the servers has reached, given the index that each has reached. */
export function quorumIndex(matchIndexes: readonly LogIndex[]): LogIndex {
  // Without a comparator, sort would order numbers as text.
  const descending = matchIndexes.toSorted((a, b) => b - a);
  return descending[majorityOf(descending.length) - 1] ?? 0;
}
