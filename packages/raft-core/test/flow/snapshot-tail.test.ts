// A snapshot leaves a tail of the log behind it, so that a follower that lags by a few entries gets these and not the snapshot.
import { RaftLog, serviceConfig, type LogTail } from '@raftlab/raft-core';
import { expect, test } from 'vitest';
import { compactedLeader, type DrivenCore, entriesOf, refusal, said, snapshotOf } from '../driven-core.ts';

/** The log of entries of these terms, compacted up to `index`. */
function compacted(terms: readonly number[], index: number, tail: LogTail): RaftLog {
  const log = new RaftLog(undefined, entriesOf(terms));
  log.compact(snapshotOf([index, terms[index - 1] ?? 0]), tail);
  return log;
}

const many: LogTail = { entries: 100, bytes: 1_000_000 };

test('a compaction keeps the last entries that the snapshot covers, within both bounds', () => {
  const terms = [1, 1, 2, 2, 3];
  const compactedIndex = (tail: LogTail): number => compacted(terms, 4, tail).compactedIndex;
  expect(compactedIndex({ entries: 0, bytes: 100 })).toBe(4);
  expect(compactedIndex({ entries: 3, bytes: 100 })).toBe(1);
  // Each entry has 2 bytes.
  expect(compactedIndex({ entries: 3, bytes: 5 })).toBe(2);
  expect(compactedIndex(many)).toBe(0);
});

test('the terms and entries of the tail are known, and the term before it', () => {
  const log = compacted([1, 1, 2, 2, 3], 4, { entries: 2, bytes: 100 });
  expect([1, 2, 3, 4, 5].map((index) => log.termAt(index))).toEqual([undefined, 1, 2, 2, 3]);
  expect(log.slice(3, 5).map(({ term }) => term)).toEqual([2, 2, 3]);
  expect([log.lastIncludedIndex, log.lastIndex, log.lastTerm]).toEqual([4, 5, 3]);
  expect(log.firstIndexOfTermAt(4)).toBe(3);
  expect(log.clone().compactedIndex).toBe(2);
});

test('a later compaction moves the tail on, and never back', () => {
  const log = compacted([1, 1, 2, 2, 3], 3, { entries: 1, bytes: 100 });
  log.compact(snapshotOf([5, 3]), many);
  expect([log.compactedIndex, log.lastIncludedIndex, log.lastIndex]).toEqual([2, 5, 5]);
});

test('entries that a snapshot covers are not truncated: they are committed', () => {
  expect(() => compacted([1, 1, 2], 2, many).truncateFrom(2)).toThrow('cannot truncate from 2');
});

test('a snapshot that the log does not continue leaves no tail (Figure 13, 7)', () => {
  const log = new RaftLog(undefined, entriesOf([1, 1, 1]));
  log.compact(snapshotOf([3, 2]), many);
  expect([log.compactedIndex, log.termAt(2), log.lastTerm]).toEqual([3, undefined, 2]);
});

/** A leader of term 2 with four entries, of which three are committed and in its snapshot; server 1 has none of them. */
function snapshotted(snapshotTailEntries: number): DrivenCore {
  return compactedLeader({ snapshotTailEntries, snapshotTailBytes: 1000 }, Uint8Array.of(1));
}

test('a follower that lags by no more than the tail gets entries, one that lags by more the snapshot (§7)', () => {
  const near = snapshotted(2);
  near.receive(1, refusal(2, 1, [0, 1]));
  expect(said(near.tick())).toEqual(['1: InstallSnapshot t2 up to 3/2']);
  const far = snapshotted(3);
  far.receive(1, refusal(2, 1, [0, 1]));
  expect(said(far.tick())).toEqual(['1: AppendEntries t2 after 0/0 [1 2 2 2] commit 4']);
});

test('a service keeps a tail unless it is configured otherwise', () => {
  expect([serviceConfig.snapshotTailEntries, serviceConfig.snapshotTailBytes]).toEqual([10_240, 16_777_216]);
});
