// The state that records lead to, one after another.
import type { LogEntry, LogIndex } from '@raftlab/protocol';
import { LogOutline } from '@raftlab/storage';
import { assert } from '@raftlab/runtime/assert';
import type { Checkpoint } from './checkpoint.ts';
import type { SnapshotReference, StoredBatch } from './stored-batch.ts';

/** Begins at the checkpoint of a segment, and then takes every batch that follows. */
export class Replay {
  readonly outline: LogOutline;
  #snapshot: SnapshotReference | undefined;
  #isWritten: boolean;
  /** The entries after #base. Those between the snapshot and it are in segments before the first. */
  readonly #entries: LogEntry[] = [];
  #base: LogIndex;

  constructor({ outline, snapshot, isWritten }: Checkpoint) {
    this.outline = LogOutline.fromData(outline);
    this.#snapshot = snapshot;
    this.#isWritten = isWritten;
    this.#base = outline.lastIndex;
    assert(this.missingCount >= 0, 'the log ends before its snapshot');
  }

  get snapshot(): SnapshotReference | undefined {
    return this.#snapshot;
  }

  get isWritten(): boolean {
    return this.#isWritten;
  }

  get entries(): LogEntry[] {
    return this.#entries;
  }

  /** How many entries after the snapshot have not been seen: segments that had them are missing. */
  get missingCount(): number {
    return this.#base - this.outline.lastIncludedIndex;
  }

  /** Throws BatchError when the batch does not fit. */
  apply(batch: StoredBatch): void {
    const { hardState, snapshot, log } = batch;
    this.outline.apply({
      ...(hardState && { hardState }),
      ...(snapshot && { snapshot: { ...snapshot, data: noData } }),
      ...(log && { log }),
    });
    this.#isWritten = true;
    if (snapshot !== undefined) {
      this.#snapshot = snapshot;
      const covered = Math.max(0, snapshot.lastIncludedIndex - this.#base);
      this.#entries.splice(0, covered);
      this.#base = Math.max(this.#base, snapshot.lastIncludedIndex);
    }
    if (log === undefined) {
      this.#checkEnd();
      return;
    }
    this.#entries.length = Math.max(0, log.firstIndex - 1 - this.#base);
    this.#base = Math.min(this.#base, log.firstIndex - 1);
    for (const entry of log.entries) this.#entries.push(entry);
    this.#checkEnd();
  }

  /** The entries and the outline, which follow the same batches by themselves, end at the same index. */
  #checkEnd(): void {
    const lastIndex = this.#base + this.#entries.length;
    assert(
      lastIndex === this.outline.lastIndex,
      () => `the entries end at ${lastIndex}, the outline at ${this.outline.lastIndex}`,
    );
  }
}

const noData = new Uint8Array(0);
