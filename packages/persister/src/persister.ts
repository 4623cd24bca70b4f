// The lab's Persister: stable storage in memory. A crash is modelled by a restart with a copy. It has two interfaces to the same
// content: the lab's two byte strings, and our Storage.
import { UnusableError, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import { LiveState } from './live-state.ts';
import { decodePersisted, frameRaftState } from './persisted-form.ts';

/** The bytes that were passed to `save`. Immutable. */
interface Saved {
  readonly raftState: Uint8Array;
  readonly snapshot: Uint8Array;
}

const nothing = new Uint8Array(0);

/** Stable storage of one server in memory, with the methods of the lab's Persister. */
export class Persister implements Storage {
  /** The content: bytes until they are first loaded or written to, then the decoded state. */
  #content: Saved | LiveState = { raftState: nothing, snapshot: nothing };
  #isClosed = false;

  /** A persister with the same content at this moment; later changes of either do not affect the other. */
  copy(): Persister {
    const twin = new Persister();
    twin.#content = this.#content instanceof LiveState ? this.#content.copy() : this.#content;
    return twin;
  }

  /** Replaces both at once; an empty snapshot means none. The bytes are not checked here: `load` checks them. */
  save(raftState: Uint8Array, snapshot: Uint8Array): void {
    this.#content = { raftState: new Uint8Array(raftState), snapshot: new Uint8Array(snapshot) };
  }

  /** A copy of the saved bytes, or the encoded state that was written; empty before the first save or write. */
  readRaftState(): Uint8Array {
    return new Uint8Array(this.#bytes().raftState);
  }

  /** The length of the result of readRaftState; its cost does not depend on the log. */
  raftStateSize(): number {
    return this.#content instanceof LiveState ? this.#content.sizeBytes : this.#content.raftState.length;
  }

  /** A copy of the snapshot's data; empty if there is no snapshot. */
  readSnapshot(): Uint8Array {
    return new Uint8Array(snapshotOf(this.#content));
  }

  /** The length of the result of readSnapshot. */
  snapshotSize(): number {
    return snapshotOf(this.#content).length;
  }

  /** Decodes the bytes, as a server does after a crash, so that every restart in a test also tests the bytes. */
  load(): StoredState | undefined {
    if (this.#isClosed) throw new UnusableError('load');
    const { raftState, snapshot } = this.#bytes();
    const stored = decodePersisted(raftState, snapshot);
    if (stored !== undefined && !(this.#content instanceof LiveState)) this.#content = LiveState.of(stored);
    return stored;
  }

  /** Throws a BatchError, and changes nothing, if the batch does not fit the present content: a bug of the caller. */
  write(batch: WriteBatch): void {
    if (this.#isClosed) throw new UnusableError('write');
    if (batch.hardState === undefined && batch.snapshot === undefined && batch.log === undefined) return;
    if (!(this.#content instanceof LiveState)) this.load();
    const live = this.#content instanceof LiveState ? this.#content : LiveState.empty();
    live.apply(batch);
    this.#content = live;
  }

  /** Ends its use as a `Storage`; a copy is open again, and the lab's methods still work. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #bytes(): Saved {
    if (!(this.#content instanceof LiveState)) return this.#content;
    const snapshot = snapshotOf(this.#content);
    return { raftState: frameRaftState(this.#content.encode(), snapshot), snapshot };
  }
}

function snapshotOf(content: Saved | LiveState): Uint8Array {
  return content instanceof LiveState ? (content.snapshot?.data ?? nothing) : content.snapshot;
}
