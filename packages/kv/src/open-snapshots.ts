// The snapshots that clients are reading. Each takes as much memory as its bytes, so there are few, and none is kept for long.
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { snapshotChunkMaxBytes } from './admin.ts';

/** The most snapshots that are open at a time: one being read, and one of a client that has vanished. */
const openMax = 2;
/** A snapshot that was not read for this long is closed, in ms: longer than a client takes to try a call again. */
const idleMaxMs = 30_000;

interface OpenSnapshot {
  readonly bytes: Uint8Array;
  timer: Timer;
}

/** The open snapshots of one server. */
export class OpenSnapshots {
  readonly #clock: Clock;
  readonly #open = new Map<number, OpenSnapshot>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether no further one can be opened now. */
  get isFull(): boolean {
    return this.#open.size >= openMax;
  }

  /** Opens these bytes for reading. */
  open(bytes: Uint8Array): { readonly id: number; readonly sizeBytes: number } {
    assert(!this.isFull, () => `${this.#open.size} snapshots are open already`);
    assert(bytes.length > 0, 'a snapshot has bytes, also without keys');
    this.#lastId += 1;
    const id = this.#lastId;
    this.#open.set(id, { bytes, timer: this.#closeLater(id) });
    return { id, sizeBytes: bytes.length };
  }

  /** A chunk; null when the snapshot is not open, or has no such offset. At the end the chunk is empty, and closes the snapshot. */
  read(id: number, offset: number): Uint8Array | null {
    const snapshot = this.#open.get(id);
    if (snapshot === undefined || offset > snapshot.bytes.length) return null;
    snapshot.timer.cancel();
    const chunk = snapshot.bytes.subarray(offset, offset + snapshotChunkMaxBytes);
    if (chunk.length === 0) this.#open.delete(id);
    else snapshot.timer = this.#closeLater(id);
    return chunk;
  }

  #closeLater(id: number): Timer {
    return this.#clock.setTimer(idleMaxMs, () => this.#open.delete(id));
  }
}
