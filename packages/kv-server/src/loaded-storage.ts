// A storage that was loaded before its peer is made: the service restores itself from the snapshot, and the peer begins with the rest,
// so that the files are read once.
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';
import { assert } from '@raftlab/runtime/assert';

/** Passes everything on to a storage whose state was loaded. */
export class LoadedStorage implements Storage {
  readonly #storage: Storage;
  #stored: { readonly state: StoredState | undefined } | undefined;

  /** `stored`: what `load` of the storage has returned. */
  constructor(storage: Storage, stored: StoredState | undefined) {
    this.#storage = storage;
    this.#stored = { state: stored };
  }

  load(): StoredState | undefined {
    assert(this.#stored !== undefined, 'the storage of a server is loaded once');
    const { state } = this.#stored;
    // What was read belongs to the peer, and is not kept twice.
    this.#stored = undefined;
    return state;
  }

  write(batch: WriteBatch): void | Promise<void> {
    return this.#storage.write(batch);
  }

  async stage(data: Uint8Array): Promise<void> {
    await this.#storage.stage?.(data);
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}
