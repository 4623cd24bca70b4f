// The persistent state between two readings of it, in a form in which a write costs what its batch contains, however long
// the log is, and in which the size is known without encoding.
import { joinRaftState, type Snapshot } from '@raftlab/protocol';
import { BatchError, LogOutline, type StoredState, type WriteBatch } from '@raftlab/storage';
import { formatVersion, raftStateSizeBytes } from './persisted-form.ts';
import { StoredEntries } from './stored-entries.ts';

export class LiveState {
  readonly #outline: LogOutline;
  /** Of the indexes from lastIncludedIndex + 1 on. */
  readonly #entries: StoredEntries;
  /** Never changed, so that copies share it. */
  #snapshot: Snapshot | undefined;

  private constructor(outline: LogOutline, entries: StoredEntries, snapshot: Snapshot | undefined) {
    this.#outline = outline;
    this.#entries = entries;
    this.#snapshot = snapshot;
  }

  /** The state of a server that never wrote anything. */
  static empty(): LiveState {
    return new LiveState(new LogOutline(), new StoredEntries(), undefined);
  }

  /** Keeps copies of the state's bytes. */
  static of(state: StoredState): LiveState {
    const live = LiveState.empty();
    const { hardState, snapshot, entries } = state;
    const firstIndex = (snapshot?.lastIncludedIndex ?? 0) + 1;
    live.apply({ hardState, ...(snapshot && { snapshot }), log: { firstIndex, entries } });
    return live;
  }

  copy(): LiveState {
    return new LiveState(this.#outline.copy(), this.#entries.copy(), this.#snapshot);
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The state without the snapshot's data in bytes, as raftStateCodec writes it. */
  encode(): Uint8Array {
    return joinRaftState(this.#outline, { entryCount: this.#entries.count, parts: this.#entries.parts() });
  }

  /** The size of the raft state that `frameRaftState` makes of `encode`. */
  get sizeBytes(): number {
    const { hardState, lastIncludedIndex, lastIncludedTerm } = this.#outline;
    const { count: entryCount, sizeBytes: entriesSizeBytes } = this.#entries;
    return raftStateSizeBytes({
      hardState,
      lastIncludedIndex,
      lastIncludedTerm,
      entryCount,
      entriesSizeBytes,
    });
  }

  /** Has the effect of applyBatch, or throws BatchError and changes nothing. Keeps copies of the batch's bytes. */
  apply(batch: WriteBatch): void {
    if (batch.snapshot?.configuration !== undefined) {
      const why = `format version ${formatVersion} has no place for it`;
      throw new BatchError(`The Persister cannot take a snapshot with a configuration: ${why}.`);
    }
    const { lastIncludedIndex: base } = this.#outline;
    this.#outline.apply(batch);
    const { snapshot, log } = batch;
    if (snapshot !== undefined) {
      this.#entries.dropFirst(snapshot.lastIncludedIndex - base);
      this.#snapshot = { ...snapshot, data: new Uint8Array(snapshot.data) };
    }
    if (log !== undefined) {
      this.#entries.truncate(log.firstIndex - 1 - this.#outline.lastIncludedIndex);
      this.#entries.append(log.entries);
    }
  }
}
