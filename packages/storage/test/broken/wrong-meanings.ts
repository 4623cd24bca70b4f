// Storages that interpret a part of a batch wrongly.
import { CommandEntry, NoopEntry, payloadOf, type LogEntry } from '@raftlab/protocol';
import { applyBatch, nothingStored, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { StorageFactory } from '@raftlab/storage/compliance';
import { journalFactory, JournalStorage } from '../journal-storage.ts';
import { broken, type BrokenStorage } from './broken-storage.ts';

type Meaning = (stored: StoredState, batch: WriteBatch) => StoredState;

function meaning(apply: Meaning): StorageFactory {
  return journalFactory((journal) => new JournalStorage(journal, apply));
}

/** The correct state, but with other entries. */
function entriesBy(
  change: (entries: readonly LogEntry[], stored: StoredState, batch: WriteBatch) => readonly LogEntry[],
): StorageFactory {
  return meaning((stored, batch) => {
    const after = applyBatch(stored, batch);
    return { ...after, entries: change(after.entries, stored, batch) };
  });
}

/** The log with entries overwritten at their indexes, and no entry dropped. */
function overlay(stored: StoredState, { snapshot, log }: WriteBatch): readonly LogEntry[] {
  if (snapshot !== undefined || log === undefined) return stored.entries;
  const entries = [...stored.entries];
  for (const [offset, each] of log.entries.entries()) entries[log.firstIndex - 1 + offset] = each;
  return entries;
}

class InventsState extends JournalStorage {
  override async load(): Promise<StoredState | undefined> {
    return (await super.load()) ?? nothingStored;
  }
}

export const wrongMeanings: readonly BrokenStorage[] = [
  broken(
    'invents a state on first boot',
    journalFactory((journal) => new InventsState(journal)),
    'a storage that was never written',
    'a batch without parts',
  ),
  broken(
    'has 32 bits for a term',
    meaning((stored, batch) => {
      const { hardState, ...rest } = applyBatch(stored, batch);
      return { ...rest, hardState: { ...hardState, currentTerm: hardState.currentTerm >>> 0 } };
    }),
    'the hard state comes back',
  ),
  broken(
    'forgets the log when the hard state changes',
    entriesBy((entries, _, { hardState, log }) =>
      hardState !== undefined && log === undefined ? [] : entries,
    ),
    'a later hard state replaces',
  ),
  broken(
    'has the last batch of entries only',
    entriesBy((entries, _, { log }) => log?.entries ?? entries),
    'entries are appended',
    'entries written before the end',
    'many small writes',
  ),
  broken(
    'never truncates',
    entriesBy((_, stored, batch) => overlay(stored, batch)),
    'entries written before the end',
    'a log part without entries',
    'what was truncated',
  ),
  broken(
    'takes a noop for a command without bytes',
    entriesBy((entries) =>
      entries.map((each) => (each.kind === 'noop' ? new CommandEntry(each.term, payloadOf(each)) : each)),
    ),
    'every kind of entry',
  ),
  broken(
    'leaves the kind of an entry that it overwrites',
    entriesBy((entries, stored) =>
      entries.map((each, at) => (stored.entries[at]?.kind === 'noop' ? new NoopEntry(each.term) : each)),
    ),
    'an entry of one kind replaces',
  ),
  broken(
    'drops the whole log with a snapshot',
    entriesBy((entries, _, { snapshot, log }) =>
      snapshot !== undefined && log === undefined ? [] : entries,
    ),
    'a snapshot drops the entries',
    'a later snapshot replaces',
  ),
  broken(
    'counts commands only when a snapshot drops entries',
    entriesBy((entries, stored, { snapshot }) => {
      if (snapshot === undefined) return entries;
      const count = snapshot.lastIncludedIndex - (stored.snapshot?.lastIncludedIndex ?? 0);
      const covered = new Set(stored.entries.filter(({ kind }) => kind === 'command').slice(0, count));
      return stored.entries.filter((each) => !covered.has(each));
    }),
    'a snapshot up to a noop',
  ),
  broken(
    'cannot go on after a snapshot that left no entries',
    entriesBy((entries, stored) => (stored.snapshot && stored.entries.length === 0 ? [] : entries)),
    'a snapshot up to the last entry',
    'a snapshot beyond the end',
  ),
  broken(
    'needs entries before it takes a snapshot',
    meaning((stored, batch) => {
      const after = applyBatch(stored, batch);
      return stored.entries.length === 0 && batch.log === undefined
        ? { ...after, snapshot: stored.snapshot }
        : after;
    }),
    'a snapshot can be the first thing',
  ),
  broken(
    'takes a snapshot without data for none',
    meaning((stored, batch) => {
      const after = applyBatch(stored, batch);
      return after.snapshot?.data.length === 0 ? { ...after, snapshot: undefined } : after;
    }),
    'a snapshot without data',
  ),
  broken(
    'writes a snapshot over a longer one and leaves its end',
    meaning((stored, batch) => {
      const after = applyBatch(stored, batch);
      if (batch.snapshot === undefined || stored.snapshot === undefined) return after;
      const data = new Uint8Array(Math.max(batch.snapshot.data.length, stored.snapshot.data.length));
      data.set(stored.snapshot.data);
      data.set(batch.snapshot.data);
      return { ...after, snapshot: { ...batch.snapshot, data } };
    }),
    'a later snapshot replaces',
  ),
  broken(
    'forgets the snapshot in a write without one',
    meaning((stored, batch) => ({ ...applyBatch(stored, batch), snapshot: batch.snapshot })),
    'a snapshot outlives',
  ),
  broken(
    'drops the snapshot of a batch that has entries too',
    meaning((stored, batch) => {
      if (batch.snapshot === undefined || batch.log === undefined) return applyBatch(stored, batch);
      return {
        ...applyBatch(stored, {
          ...batch,
          log: { firstIndex: batch.snapshot.lastIncludedIndex + 1, entries: [] },
        }),
      };
    }),
    'the parts of one batch',
  ),
  broken(
    'cuts commands at 64 KiB',
    entriesBy((entries) =>
      entries.map((each) => new CommandEntry(each.term, payloadOf(each).subarray(0, 65_535))),
    ),
    'large and empty commands',
  ),
];
