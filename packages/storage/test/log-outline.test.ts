// The outline of a stored log is that of the state that applyBatch computes.
import { CommandEntry } from '@raftlab/protocol';
import {
  applyBatch,
  BatchError,
  checkBatch,
  LogOutline,
  nothingStored,
  type WriteBatch,
} from '@raftlab/storage';
import { describe, expect, test } from 'vitest';

const log = (firstIndex: number, ...terms: number[]): WriteBatch => ({
  log: { firstIndex, entries: terms.map((term) => new CommandEntry(term, Uint8Array.of(term))) },
});
const snapshot = (lastIncludedIndex: number, lastIncludedTerm: number): WriteBatch => ({
  snapshot: { lastIncludedIndex, lastIncludedTerm, data: Uint8Array.of(1) },
});
const term = (currentTerm: number): WriteBatch => ({ hardState: { currentTerm, votedFor: 1 } });

/** All results of an outline. */
function contentOf(outline: LogOutline): unknown {
  const { hardState, lastIncludedIndex, lastIncludedTerm, lastIndex } = outline;
  const terms: number[] = [];
  for (let index = lastIncludedIndex + 1; index <= lastIndex; index += 1) terms.push(outline.termAt(index));
  return { hardState, lastIncludedIndex, lastIncludedTerm, terms };
}

const histories: readonly [what: string, ...batches: WriteBatch[]][] = [
  ['nothing'],
  ['appends within a term and beyond', term(3), log(1, 1, 1), log(3, 1, 2), log(5, 3)],
  [
    'a truncation within a run, and one of everything',
    term(3),
    log(1, 1, 1, 1, 2),
    log(3, 3),
    log(1),
    log(1, 3),
  ],
  ['a snapshot within a run', term(3), log(1, 1, 1, 1, 2), snapshot(2, 1), log(5, 2)],
  ['a snapshot between runs', term(3), log(1, 1, 2, 2), snapshot(1, 1)],
  ['a snapshot of the whole log', term(3), log(1, 1, 1), snapshot(2, 1), log(3, 1), log(4, 2)],
  ['a snapshot far beyond the log', term(9), log(1, 1, 1), snapshot(100, 4), log(101, 4, 9)],
  ['a snapshot and a truncation at once', term(9), log(1, 1, 2, 3, 4), { ...snapshot(2, 2), ...log(4, 9) }],
];

describe('an outline has the terms of the stored log', () => {
  test.each(histories)('after %s', (_what, ...batches) => {
    const outline = new LogOutline();
    for (const batch of batches) outline.apply(batch);
    expect(contentOf(outline)).toEqual(contentOf(LogOutline.of(batches.reduce(applyBatch, nothingStored))));
  });
});

test('a batch that does not fit changes nothing', () => {
  const outline = new LogOutline();
  outline.apply({ ...term(3), ...log(1, 1, 2) });
  const before = contentOf(outline);
  expect(() => outline.apply({ ...term(9), ...log(4, 9) })).toThrow(BatchError);
  expect(contentOf(outline)).toEqual(before);
});

test('a copy changes independently', () => {
  const outline = new LogOutline();
  outline.apply({ ...term(3), ...log(1, 1, 2) });
  const twin = outline.copy();
  twin.apply({ ...term(5), ...log(2, 4, 5) });
  expect([outline.lastIndex, outline.termAt(2), twin.lastIndex, twin.termAt(2)]).toEqual([2, 2, 3, 4]);
});

test('the caller may change a batch after it was applied', () => {
  const outline = new LogOutline();
  const hardState = { currentTerm: 3, votedFor: 1 };
  outline.apply({ hardState });
  hardState.currentTerm = 9;
  expect(outline.hardState).toEqual({ currentTerm: 3, votedFor: 1 });
});

test('a batch is checked without a look at the beginning of the log, unless it has a snapshot', () => {
  const asked: number[] = [];
  const stored = {
    hardState: { currentTerm: 9, votedFor: 1 },
    lastIncludedIndex: 0,
    lastIncludedTerm: 0,
    lastIndex: 5,
    termAt(index: number): number {
      asked.push(index);
      return index;
    },
  };
  checkBatch(stored, log(6, 7));
  checkBatch(stored, log(4, 7));
  checkBatch(stored, term(10));
  expect(asked).toEqual([5, 3, 5]);
  expect(() => checkBatch(stored, snapshot(1, 3))).toThrow(BatchError);
});
