// Only one peer uses a storage at a time, for any storage.
import { claimStorage, StorageInUseError } from '@raftlab/storage';
import { expect, test } from 'vitest';
import { JournalStorage } from './journal-storage.ts';

test('a storage that is claimed cannot be claimed again until it is released', () => {
  const storage = new JournalStorage();
  const release = claimStorage(storage);
  expect(() => claimStorage(storage)).toThrow(StorageInUseError);
  release();
  expect(() => claimStorage(storage)).not.toThrow();
});

test('a second release does not end the claim of the next user', () => {
  const storage = new JournalStorage();
  const release = claimStorage(storage);
  release();
  claimStorage(storage);
  release();
  expect(() => claimStorage(storage)).toThrow('Wait for `stop()` of that peer');
});

test('other storages are not affected', () => {
  claimStorage(new JournalStorage());
  expect(() => claimStorage(new JournalStorage())).not.toThrow();
});
