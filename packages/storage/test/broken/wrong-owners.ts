// Storages that share bytes and arrays with their callers.
import { CommandEntry, ConfigurationEntry, NoopEntry, payloadOf, type LogEntry } from '@raftlab/protocol';
import { applyBatch, nothingStored, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { StorageFactory } from '@raftlab/storage/compliance';
import { journalFactory, JournalStorage } from '../journal-storage.ts';
import { broken, type BrokenStorage } from './broken-storage.ts';

/** Keeps everything in memory without copying it. */
class Sharing implements Storage {
  state: StoredState | undefined;

  constructor(state?: StoredState) {
    this.state = state;
  }

  load(): StoredState | undefined {
    return this.state;
  }

  write(batch: WriteBatch): void {
    this.state = applyBatch(this.state ?? nothingStored, batch);
  }

  async close(): Promise<void> {
    this.state = undefined;
  }
}

/** Copies its arguments, but returns its own objects, which it changes in place. */
class ReturnsItsOwn extends Sharing {
  override write(batch: WriteBatch): void {
    const { hardState, snapshot, entries } = applyBatch(this.state ?? nothingStored, batch);
    const image = snapshot && { ...snapshot, data: snapshot.data.slice() };
    const next = { hardState: { ...hardState }, snapshot: image, entries: entries.map(copyOf) };
    this.state = this.state === undefined ? next : Object.assign(this.state, next);
  }
}

class ChangesBatches extends JournalStorage {
  override async write(batch: WriteBatch): Promise<void> {
    await super.write(batch);
    for (const each of batch.log?.entries ?? []) payloadOf(each).fill(0);
  }
}

function copyOf(each: LogEntry): LogEntry {
  const bytes = payloadOf(each).slice();
  if (each.kind === 'noop') return new NoopEntry(each.term);
  return each.kind === 'command'
    ? new CommandEntry(each.term, bytes)
    : new ConfigurationEntry(each.term, bytes);
}

const keptByCaller = (make: (state?: StoredState) => Sharing): StorageFactory => ({
  create: () => make(),
  crash: (storage) => make(storage instanceof Sharing ? storage.state : undefined),
});

export const wrongOwners: readonly BrokenStorage[] = [
  broken(
    'keeps the arrays and bytes of the caller',
    keptByCaller((state) => new Sharing(state)),
    'the storage keeps nothing of a batch',
  ),
  broken(
    'returns its own arrays and bytes',
    keptByCaller((state) => new ReturnsItsOwn(state)),
    'what was loaded belongs to the caller',
    'what was loaded does not change',
  ),
  broken(
    'changes the batch that it was given',
    journalFactory((journal) => new ChangesBatches(journal)),
    'the storage changes nothing of a batch',
  ),
];
