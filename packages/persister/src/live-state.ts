// The persistent state between two readings of it, kept so that a write costs what its batch holds and not what the log
// holds. Snapshots are never changed once they are in here, so copies share them.
import {
  entrySizeBytes,
  joinRaftState,
  readEntryAt,
  type HardState,
  type LogEntry,
  type LogIndex,
  type Snapshot,
} from '@raftlab/protocol';
import { formatVersion, raftStateSizeBytes } from './persisted-form.ts';
import { BatchError, checkBatch, type StoredState, type WriteBatch } from '@raftlab/storage';
import { StoredEntries } from './stored-entries.ts';

export class LiveState {
  #hardState: HardState;
  #snapshot: Snapshot | undefined;
  /** They begin with the index lastIncludedIndex + 1. */
  readonly #entries: StoredEntries;

  private constructor(hardState: HardState, snapshot: Snapshot | undefined, entries: StoredEntries) {
    this.#hardState = hardState;
    this.#snapshot = snapshot;
    this.#entries = entries;
  }

  /** The state of a server that never wrote anything. */
  static empty(): LiveState {
    return new LiveState({ currentTerm: 0, votedFor: null }, undefined, new StoredEntries());
  }

  /**
   * What was just read. `body` is the form of the state in bytes, and `snapshotData` that of the snapshot: nobody may
   * change them any more.
   */
  static from(state: StoredState, body: Uint8Array, snapshotData: Uint8Array): LiveState {
    const { hardState, entries } = state;
    const snapshot = state.snapshot && { ...state.snapshot, data: snapshotData };
    const head = joinRaftState(headOf(hardState, snapshot), { entryCount: entries.length, parts: [] });
    const written = body.subarray(head.length);
    return new LiveState(
      { ...hardState },
      snapshot,
      // Bytes that were written by someone else may be as good, and different: these are written anew.
      isOwnForm(written, entries) ? StoredEntries.within(written, entries.length) : StoredEntries.of(entries),
    );
  }

  copy(): LiveState {
    return new LiveState(this.#hardState, this.#snapshot, this.#entries.copy());
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The state in bytes, as raftStateCodec writes it. */
  encode(): Uint8Array {
    const { count: entryCount } = this.#entries;
    return joinRaftState(headOf(this.#hardState, this.#snapshot), {
      entryCount,
      parts: this.#entries.parts(),
    });
  }

  /** The length of the raft state's byte form. */
  get sizeBytes(): number {
    const { count: entryCount, sizeBytes: entriesSizeBytes } = this.#entries;
    return raftStateSizeBytes({ ...headOf(this.#hardState, this.#snapshot), entryCount, entriesSizeBytes });
  }

  /** Has the effect of applyBatch, and throws what it throws; then nothing is applied. Keeps copies of the batch's bytes. */
  apply(batch: WriteBatch): void {
    if (batch.snapshot?.configuration !== undefined) {
      throw new BatchError(
        `The Persister cannot take a snapshot with a configuration: format version ${formatVersion} has no place for it.`,
      );
    }
    const base = this.#lastIncludedIndex;
    checkBatch(
      {
        ...headOf(this.#hardState, this.#snapshot),
        lastIndex: base + this.#entries.count,
        termAt: (index) => this.#entries.termAt(index - base - 1),
      },
      batch,
    );
    const { hardState, snapshot, log } = batch;
    if (hardState !== undefined) {
      this.#hardState = { currentTerm: hardState.currentTerm, votedFor: hardState.votedFor };
    }
    if (snapshot !== undefined) {
      this.#entries.dropFirst(snapshot.lastIncludedIndex - this.#lastIncludedIndex);
      const { lastIncludedIndex, lastIncludedTerm, data } = snapshot;
      this.#snapshot = { lastIncludedIndex, lastIncludedTerm, data: new Uint8Array(data) };
    }
    if (log !== undefined) {
      this.#entries.truncate(log.firstIndex - this.#lastIncludedIndex - 1);
      this.#entries.append(log.entries);
    }
  }

  get #lastIncludedIndex(): LogIndex {
    return this.#snapshot?.lastIncludedIndex ?? 0;
  }
}

function headOf(
  hardState: HardState,
  snapshot: Snapshot | undefined,
): { hardState: HardState; lastIncludedIndex: LogIndex; lastIncludedTerm: number } {
  const { lastIncludedIndex = 0, lastIncludedTerm = 0 } = snapshot ?? {};
  return { hardState, lastIncludedIndex, lastIncludedTerm };
}

/** Whether the entries lie in these bytes as writeEntry writes them, one after another up to the end. */
function isOwnForm(bytes: Uint8Array, entries: readonly LogEntry[]): boolean {
  let at = 0;
  for (const entry of entries) {
    const { term, end } = readEntryAt(bytes, at);
    if (term !== entry.term || end !== at + entrySizeBytes(entry)) return false;
    at = end;
  }
  return at === bytes.length;
}
