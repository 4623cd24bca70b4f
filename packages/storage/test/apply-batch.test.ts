// The effect of a batch, part by part. compliance.test.ts tests a storage that uses applyBatch.
import { CommandEntry, type LogEntry } from '@raftlab/protocol';
import { applyBatch, BatchError, type StoredState, type WriteBatch } from '@raftlab/storage';
import { describe, expect, test } from 'vitest';

const entriesOf = (...terms: number[]): LogEntry[] =>
  terms.map((term) => new CommandEntry(term, Uint8Array.of(term)));
const log = (firstIndex: number, ...terms: number[]): WriteBatch => ({
  log: { firstIndex, entries: entriesOf(...terms) },
});
const snapshot = (lastIncludedIndex: number, lastIncludedTerm = 1): WriteBatch => ({
  snapshot: { lastIncludedIndex, lastIncludedTerm, data: Uint8Array.of(lastIncludedIndex) },
});
const hardState = (currentTerm: number): WriteBatch => ({ hardState: { currentTerm, votedFor: null } });

/** Term 3, and entries of these terms from index 1 on. */
function stored(...terms: number[]): StoredState {
  return { hardState: { currentTerm: 3, votedFor: 1 }, snapshot: undefined, entries: entriesOf(...terms) };
}

/** The terms of the log, with the snapshot before them. */
function show({ snapshot: before, entries }: StoredState): string {
  const parts = entries.map(({ term }) => String(term));
  if (before !== undefined) parts.unshift(`[${before.lastIncludedIndex}/${before.lastIncludedTerm}]`);
  return parts.join(' ');
}

describe('a batch', () => {
  test.each<[what: string, before: StoredState, batch: WriteBatch, after: string]>([
    ['without parts changes nothing', stored(1, 2), {}, '1 2'],
    ['appends entries at the end of the log', stored(1, 2), log(3, 2, 3), '1 2 2 3'],
    ['replaces the entries from its first index on', stored(1, 2, 2), log(2, 3), '1 3'],
    ['without entries drops those from its first index on', stored(1, 2, 2), log(2), '1'],
    ['with a snapshot drops the entries that it covers', stored(1, 1, 2), snapshot(2), '[2/1] 2'],
    ['with a snapshot beyond the log leaves no entries', stored(1, 1), snapshot(5), '[5/1]'],
    [
      'puts its entries behind its own snapshot',
      stored(1, 1),
      { ...snapshot(5, 2), ...log(6, 3) },
      '[5/2] 3',
    ],
    ['replaces an older snapshot', applyBatch(stored(1, 1, 1), snapshot(1)), snapshot(2), '[2/1] 1'],
  ])('%s', (_what, before, batch, after) => {
    expect(show(applyBatch(before, batch))).toBe(after);
  });

  test('replaces the hard state as a whole, and keeps it if the batch has none', () => {
    const after = applyBatch(stored(1), hardState(4));
    expect(after.hardState).toEqual({ currentTerm: 4, votedFor: null });
    expect(applyBatch(after, log(2, 4)).hardState).toEqual({ currentTerm: 4, votedFor: null });
  });

  test('changes neither the previous state nor itself', () => {
    const before = Object.freeze(stored(1, 2, 2));
    const batch = Object.freeze(log(2, 3));
    applyBatch(before, batch);
    expect([before, batch]).toEqual([stored(1, 2, 2), log(2, 3)]);
  });

  test.each<[what: string, before: StoredState, batch: WriteBatch, why: string]>([
    ['that leaves a gap', stored(1), log(3, 1), 'the log ends at index 1, and a gap would be left'],
    [
      'with entries that a snapshot covers',
      applyBatch(stored(1, 1), snapshot(2)),
      log(2, 1),
      'covers the indexes up to 2',
    ],
    [
      'with an older snapshot',
      applyBatch(stored(1, 1), snapshot(2)),
      snapshot(1),
      'the present one reaches index 2',
    ],
    ['with a snapshot of nothing', stored(1), snapshot(0), 'a snapshot covers at least index 1'],
    ['whose terms fall', stored(2), log(2, 1), 'an entry of term 1 after term 2'],
    ['with an entry of a later term than the current one', stored(1), log(2, 4), 'currentTerm is 3'],
    [
      'that goes back to a term before its entries',
      stored(3),
      hardState(2),
      'an entry or a snapshot of term 3',
    ],
  ])('%s is rejected', (_what, before, batch, why) => {
    expect(() => applyBatch(before, batch)).toThrow(BatchError);
    expect(() => applyBatch(before, batch)).toThrow(why);
  });
});
