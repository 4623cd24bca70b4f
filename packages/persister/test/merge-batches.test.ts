// Group commit: a merged write has the same effect as the two writes.
import { CommandEntry } from '@raftlab/protocol';
import { BatchMerger, mergeBatches, type WriteBatch } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { history, writtenTo } from './histories.ts';

function log(firstIndex: number, ...terms: number[]): WriteBatch {
  return { log: { firstIndex, entries: terms.map((term) => new CommandEntry(term, Uint8Array.of(term))) } };
}

function snapshot(lastIncludedIndex: number): WriteBatch {
  return { snapshot: { lastIncludedIndex, lastIncludedTerm: 1, data: Uint8Array.of(lastIncludedIndex) } };
}

test('writing the merged batch has the effect of writing the first, then the second', () => {
  let mergeCount = 0;
  fc.assert(
    fc.property(history, fc.nat(11), (batches, at) => {
      const [first, second] = batches.slice(at, at + 2);
      fc.pre(first !== undefined && second !== undefined);
      mergeCount += 1;
      const before = writtenTo(new Persister(), batches.slice(0, at));
      const merged = before.copy();
      merged.write(mergeBatches(first, second));
      writtenTo(before, [first, second]);
      expect(merged.load()).toStrictEqual(before.load());
      expect(merged.readRaftState()).toEqual(before.readRaftState());
      expect(merged.raftStateSize()).toBe(before.raftStateSize());
    }),
    { numRuns: 2000 },
  );
  expect(mergeCount).toBeGreaterThan(500);
});

test('a whole history can be merged into one batch, from the left or from the right', () => {
  fc.assert(
    fc.property(history, fc.nat(12), (batches, cut) => {
      const before = writtenTo(new Persister(), batches.slice(0, cut));
      const rest = batches.slice(cut);
      const fromLeft = before.copy();
      fromLeft.write(rest.reduce((merged, batch) => mergeBatches(merged, batch), {}));
      const fromRight = before.copy();
      fromRight.write(rest.reduceRight((merged, batch) => mergeBatches(batch, merged), {}));
      const merger = new BatchMerger();
      for (const batch of rest) merger.add(batch);
      const atOnce = before.copy();
      atOnce.write(merger.batch);
      writtenTo(before, rest);
      expect(atOnce.load()).toStrictEqual(before.load());
      expect(fromLeft.load()).toStrictEqual(before.load());
      expect(fromRight.load()).toStrictEqual(before.load());
    }),
  );
});

describe('the merged batch', () => {
  test.each<[what: string, first: WriteBatch, second: WriteBatch, merged: WriteBatch]>([
    ['is empty if both are', {}, {}, {}],
    ['appends both', log(5, 1, 2), log(7, 3), log(5, 1, 2, 3)],
    ['omits entries that the second truncates', log(5, 1, 2), log(6, 3), log(5, 1, 3)],
    ['is the second if it truncates all of the first', log(5, 1, 2), log(4, 3), log(4, 3)],
    [
      'omits entries that the second snapshot covers',
      log(5, 1, 2, 3),
      snapshot(6),
      { ...snapshot(6), ...log(7, 3) },
    ],
    [
      'still truncates if the snapshot covers all entries',
      log(5, 1, 2),
      snapshot(8),
      { ...snapshot(8), ...log(9) },
    ],
    ['has the later snapshot only', snapshot(5), snapshot(6), snapshot(6)],
    [
      'has the entries after the later snapshot',
      log(5, 1, 2),
      { ...snapshot(5), ...log(6, 7) },
      { ...snapshot(5), ...log(6, 7) },
    ],
    [
      'has the later vote',
      { hardState: { currentTerm: 1, votedFor: 1 } },
      { hardState: { currentTerm: 2, votedFor: null } },
      { hardState: { currentTerm: 2, votedFor: null } },
    ],
  ])('%s', (_what, first, second, merged) => {
    expect(mergeBatches(first, second)).toStrictEqual(merged);
  });

  test('does not change the two batches', () => {
    fc.assert(
      fc.property(fc.clone(history, 2), ([batches, before]) => {
        for (const [offset, batch] of batches.entries()) mergeBatches(batches[offset - 1] ?? {}, batch);
        expect(batches).toStrictEqual(before);
      }),
    );
  });

  test('is rejected if it would close a gap', () => {
    expect(() => mergeBatches(log(5, 1), log(7, 2))).toThrow(
      'from index 7 on with a log that ends at index 5',
    );
  });
});
