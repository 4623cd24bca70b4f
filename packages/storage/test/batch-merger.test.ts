// Group commit: one batch with the effect of several. packages/persister tests the property with random histories.
import { CommandEntry } from '@raftlab/protocol';
import { BatchMerger, mergeBatches, type WriteBatch } from '@raftlab/storage';
import { expect, test } from 'vitest';

const entry = (term: number): CommandEntry => new CommandEntry(term, Uint8Array.of(term));

test('consecutive entries become one log part', () => {
  const first: WriteBatch = { log: { firstIndex: 1, entries: [entry(1), entry(1)] } };
  const second: WriteBatch = { log: { firstIndex: 3, entries: [entry(2)] } };
  const merged = mergeBatches(first, second);
  expect(merged).toEqual({ log: { firstIndex: 1, entries: [entry(1), entry(1), entry(2)] } });
});

test('a later truncation drops entries of the earlier batch', () => {
  const first: WriteBatch = { log: { firstIndex: 1, entries: [entry(1), entry(1)] } };
  const second: WriteBatch = { log: { firstIndex: 2, entries: [entry(2)] } };
  const merged = mergeBatches(first, second);
  expect(merged).toEqual({ log: { firstIndex: 1, entries: [entry(1), entry(2)] } });
});

test('a log part that would leave a gap is rejected', () => {
  const first: WriteBatch = { log: { firstIndex: 1, entries: [entry(1)] } };
  const second: WriteBatch = { log: { firstIndex: 3, entries: [entry(1)] } };
  expect(() => mergeBatches(first, second)).toThrow('Cannot merge entries from index 3 on');
});

test('a batch is added without copying the earlier ones, so that the cost does not grow with them', () => {
  const merger = new BatchMerger();
  merger.add({ log: { firstIndex: 1, entries: [entry(1)] } });
  const merged = merger.batch.log?.entries;
  for (let index = 2; index <= 100; index += 1) {
    merger.add({ log: { firstIndex: index, entries: [entry(1)] } });
    expect(merger.batch.log?.entries).toBe(merged);
  }
  merger.add({ log: { firstIndex: 51, entries: [entry(2)] } });
  expect(merger.batch.log?.entries).toBe(merged);
  expect(merged).toHaveLength(51);
});

test('batches are not changed by batches that are added later', () => {
  const merger = new BatchMerger();
  const first = [entry(1), entry(1)];
  merger.add({ log: { firstIndex: 1, entries: first } });
  merger.add({ log: { firstIndex: 2, entries: [entry(2), entry(2)] } });
  expect(first).toEqual([entry(1), entry(1)]);
});
