// Storages that are wrong at a crash, at the end of their use, or when the medium fails.
import { CorruptStateError, StorageInUseError, type StoredState, type WriteBatch } from '@raftlab/storage';
import { journalFactory, JournalStorage } from '../journal-storage.ts';
import { broken, type BrokenStorage } from './broken-storage.ts';

class LosesLast extends JournalStorage {
  override readAll(): { batches: WriteBatch[]; end: number } {
    const { batches, end } = super.readAll();
    return { batches: batches.slice(0, -1), end };
  }
}

class TearsBatches extends JournalStorage {
  override write(batch: WriteBatch): Promise<void> {
    const { hardState, ...rest } = batch;
    // The first half at once, the second in a later turn of the event loop.
    if (hardState === undefined || Object.keys(rest).length === 0) return super.write(batch);
    this.append({ hardState });
    return super.write(rest);
  }
}

class Overtakes extends JournalStorage {
  #callCount = 0;

  override async write(batch: WriteBatch): Promise<void> {
    this.#callCount += 1;
    if (this.#callCount % 2 === 0) await Promise.resolve();
    await super.write(batch);
  }
}

class StartsAnew extends JournalStorage {
  #isFirst = true;

  override append(batch: WriteBatch): void {
    if (this.#isFirst) this.journal.bytes = Buffer.alloc(0);
    this.#isFirst = false;
    super.append(batch);
  }
}

class ClosesAtOnce extends JournalStorage {
  override async close(): Promise<void> {
    void super.close();
  }

  override async write(batch: WriteBatch): Promise<void> {
    for (let count = 0; count < 50; count += 1) await Promise.resolve();
    await super.write(batch);
  }
}

class NeverCloses extends JournalStorage {
  override close(): Promise<void> {
    return Promise.resolve();
  }
}

class RefusesTornTails extends JournalStorage {
  override readAll(): { batches: WriteBatch[]; end: number } {
    const { batches, end } = super.readAll();
    if (end < this.journal.bytes.length) throw new RangeError('a record ends behind the end of the journal');
    return { batches, end };
  }
}

class LeavesTornTails extends JournalStorage {
  override async load(): Promise<StoredState | undefined> {
    const { bytes } = this.journal;
    const state = await super.load();
    this.journal.bytes = bytes;
    return state;
  }
}

/** Treats a wrong checksum as the end of the journal. */
class CutsDamage extends JournalStorage {
  override readAll(): { batches: WriteBatch[]; end: number } {
    const { bytes } = this.journal;
    for (let length = bytes.length; ; length -= 1) {
      this.journal.bytes = bytes.subarray(0, length);
      try {
        return super.readAll();
      } catch (error) {
        if (!(error instanceof CorruptStateError)) throw error;
      }
    }
  }
}

class ForgetsFailures extends JournalStorage {
  override async write(batch: WriteBatch): Promise<void> {
    const { failsNext } = this;
    this.failsNext = false;
    if (failsNext) throw new Error('the medium is full');
    await super.write(batch);
  }
}

class KeepsHalfOfAFailure extends JournalStorage {
  override append(batch: WriteBatch): void {
    const { failsNext } = this;
    this.failsNext = false;
    const [first] = batch.log?.entries ?? [];
    const half = failsNext && batch.log && first ? { log: { ...batch.log, entries: [first] } } : batch;
    super.append(half);
    this.failsNext = failsNext;
    if (failsNext) throw new Error('the medium is full');
  }
}

const sound = journalFactory();

export const wrongEnds: readonly BrokenStorage[] = [
  broken(
    'is opened a second time while it is in use',
    { ...sound, openAgain: (storage) => sound.crash(storage) },
    'a medium that is in use',
  ),
  broken(
    'is not free after it was closed',
    {
      ...sound,
      openAgain() {
        throw new StorageInUseError();
      },
    },
    'a medium that is in use',
  ),
  broken(
    'loses the last write',
    journalFactory((journal) => new LosesLast(journal)),
    'every acknowledged write',
  ),
  broken(
    'writes a batch in two steps',
    journalFactory((journal) => new TearsBatches(journal)),
    'a crash while a batch is written',
  ),
  broken(
    'lets writes overtake each other',
    journalFactory((journal) => new Overtakes(journal)),
    'writes that are not waited for',
  ),
  broken(
    'overwrites everything with the first write after a restart',
    journalFactory((journal) => new StartsAnew(journal)),
    'after a restart',
  ),
  broken(
    'closes while a write is under way',
    journalFactory((journal) => new ClosesAtOnce(journal)),
    'close waits',
  ),
  broken(
    'goes on after it was closed',
    journalFactory((journal) => new NeverCloses(journal)),
    'a closed storage refuses',
  ),
  broken(
    'has another error for a torn tail',
    journalFactory((journal) => new RefusesTornTails(journal)),
    'what is left of a cut tail',
  ),
  broken(
    'goes on behind a torn tail',
    journalFactory((journal) => new LeavesTornTails(journal)),
    'after a cut tail',
  ),
  broken(
    'takes an altered record for the end',
    journalFactory((journal) => new CutsDamage(journal)),
    'a bit that has changed',
  ),
  broken(
    'goes on after a failed write',
    journalFactory((journal) => new ForgetsFailures(journal)),
    'a write that fails',
    'writes that were waiting',
  ),
  broken(
    'keeps a part of a failed batch',
    journalFactory((journal) => new KeepsHalfOfAFailure(journal)),
    'a restart after a failed write',
  ),
];
