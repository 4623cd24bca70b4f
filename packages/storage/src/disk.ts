// A simulated disk: what outlives a server. Tests and simulations crash and restart servers on it.
import type { Storage, StoredState, WriteBatch } from './storage.ts';

/** What one server has stored, across its lives. */
export interface Disk {
  /** The storage for a new life of the server. The storages of its earlier lives have no effect on it any more. */
  open(watch?: DiskWatch): Storage;
  /** The disk as a crash at this moment leaves it. What the server that crashed still writes goes to the old disk. */
  crash(): Disk;
}

/** Is told of what happens to a storage at the moment that it happens, which is before the storage's user is told. */
export interface DiskWatch {
  /** What a load is about to return. It belongs to the caller of `load`, who may change it. */
  onLoaded?(stored: StoredState | undefined): void;
  /** The batch is about to become durable. False: the server crashes now, and this write never settles. */
  beforeDurable?(batch: WriteBatch): boolean;
  /** A crash from now on leaves the batch. */
  onDurable?(batch: WriteBatch): void;
}

/** The same storage, of which `watch` is told. A write is durable when the storage says so. */
export function watched(storage: Storage, watch: DiskWatch): Storage {
  const loaded = (stored: StoredState | undefined): StoredState | undefined => {
    watch.onLoaded?.(stored);
    return stored;
  };
  return {
    load() {
      const stored = storage.load();
      return stored instanceof Promise ? stored.then(loaded) : loaded(stored);
    },
    write(batch) {
      if (watch.beforeDurable?.(batch) === false) return new Promise(() => undefined);
      const written = storage.write(batch);
      if (written !== undefined) return written.then(() => watch.onDurable?.(batch));
      watch.onDurable?.(batch);
      return undefined;
    },
    ...(storage.stage !== undefined && { stage: (data) => storage.stage?.(data) ?? Promise.resolve() }),
    close: () => storage.close(),
  };
}
