// Group commit: one batch with the effect of two. The law over random histories is tested in packages/persister.
import { CommandEntry } from '@raftlab/protocol';
import { mergeBatches, type WriteBatch } from '@raftlab/storage';
import { expect, test } from 'vitest';

const entry = (term: number): CommandEntry => new CommandEntry(term, Uint8Array.of(term));

test('entries that follow each other become one log part', () => {
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

test('a log part that would leave a gap is refused', () => {
  const first: WriteBatch = { log: { firstIndex: 1, entries: [entry(1)] } };
  const second: WriteBatch = { log: { firstIndex: 3, entries: [entry(1)] } };
  expect(() => mergeBatches(first, second)).toThrow('Cannot merge entries from index 3 on');
});
