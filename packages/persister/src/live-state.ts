// The persistent state in memory, in a form in which the cost of a write is proportional to its batch, not to the log, and the
// size is known without encoding.
import { joinRaftState, type Snapshot } from '@raftlab/protocol';
import { BatchError, LogOutline, type StoredState, type WriteBatch } from '@raftlab/storage';
import { formatVersion, raftStateSizeBytes } from './persisted-form.ts';
import { StoredEntries } from './stored-entries.ts';

export class LiveState {
  readonly #outline: LogOutline;
  /** Of the indexes from lastIncludedIndex + 1 on. */
  readonly #entries: StoredEntries;
  /** Immutable, so that copies share it. */
  #snapshot: Snapshot | undefined;

  private constructor(outline: LogOutline, entries: StoredEntries, snapshot: Snapshot | undefined) {
    this.#outline = outline;
    this.#entries = entries;
    this.#snapshot = snapshot;
  }

  /** The state of a server that has never written. */
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

  /** The encoded state without the snapshot's data, as raftStateCodec writes it. */
  encode(): Uint8Array {
    return joinRaftState(this.#outline, { entryCount: this.#entries.count, parts: this.#entries.parts() });
  }

  /** The size of the result of `frameRaftState` for `encode`. */
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
      const why = `format version ${formatVersion} has no field for it`;
      throw new BatchError(`The Persister cannot store a snapshot with a configuration: ${why}.`);
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
