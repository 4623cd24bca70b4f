// The lab's Persister: stable storage in memory. A crash is modelled by giving the next incarnation a copy. It has two
// faces, the lab's two byte strings and our Storage, and both see the same content.
import { LiveState } from './live-state.ts';
import { decodePersisted, frameRaftState, headerSizeBytes } from './persisted-form.ts';
import { UnusableError, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';

const nothing = new Uint8Array(0);

export class Persister implements Storage {
  /** The byte form; undefined when `#live` is newer, until somebody asks for it. Never changed in place. */
  #raftState: Uint8Array | undefined = nothing;
  /** The snapshot's data, empty when there is none. Never changed in place. */
  #snapshotData: Uint8Array = nothing;
  /** The same content taken apart; undefined until the first write or `load`, and after a `save`. */
  #live: LiveState | undefined;
  #isClosed = false;

  /** A persister with the same content at this instant; what happens to either later does not show in the other. */
  copy(): Persister {
    const twin = new Persister();
    twin.#raftState = this.#raftState;
    twin.#snapshotData = this.#snapshotData;
    twin.#live = this.#live?.copy();
    return twin;
  }

  /** Replaces both at once; no snapshot is an empty one. The bytes are taken as they are: `load` is what checks them. */
  save(raftState: Uint8Array, snapshot: Uint8Array): void {
    this.#raftState = new Uint8Array(raftState);
    this.#snapshotData = new Uint8Array(snapshot);
    this.#live = undefined;
  }

  readRaftState(): Uint8Array {
    return new Uint8Array(this.#raftStateBytes());
  }

  /** The length of what readRaftState returns; costs nothing, however long the log is. */
  raftStateSize(): number {
    return this.#raftState?.length ?? this.#live?.sizeBytes ?? 0;
  }

  readSnapshot(): Uint8Array {
    return new Uint8Array(this.#snapshotData);
  }

  snapshotSize(): number {
    return this.#snapshotData.length;
  }

  /** Reads the byte form, as a server does after a crash, so that every restart in a test also tests the bytes. */
  load(): StoredState | undefined {
    if (this.#isClosed) throw new UnusableError('load');
    const raftState = this.#raftStateBytes();
    const stored = decodePersisted(raftState, this.#snapshotData);
    if (stored !== undefined) {
      this.#live ??= LiveState.from(stored, raftState.subarray(headerSizeBytes), this.#snapshotData);
    }
    return stored;
  }

  /** Throws BatchError, and changes nothing, when the batch does not fit the present content: a bug of the caller. */
  write(batch: WriteBatch): void {
    if (this.#isClosed) throw new UnusableError('write');
    if (batch.hardState === undefined && batch.snapshot === undefined && batch.log === undefined) return;
    if (this.#live === undefined) this.load();
    const live = this.#live ?? LiveState.empty();
    live.apply(batch);
    this.#live = live;
    this.#raftState = undefined;
    this.#snapshotData = live.snapshot?.data ?? nothing;
  }

  /** Ends its use as a `Storage`; a copy is open again, and the lab's methods work on. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #raftStateBytes(): Uint8Array {
    if (this.#raftState === undefined && this.#live !== undefined) {
      this.#raftState = frameRaftState(this.#live.encode(), this.#snapshotData);
    }
    return this.#raftState ?? nothing;
  }
}
