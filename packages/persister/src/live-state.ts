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
import type { StoredState, WriteBatch } from '@raftlab/storage';
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

  /** Applies all of the batch, or throws and applies nothing of it. Keeps copies of the batch's bytes. */
  apply(batch: WriteBatch): void {
    this.#check(batch);
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

  // Compares the parts of the batch with the state that the whole batch leads to, not with states on the way: batches
  // that were merged must be as good as the two they came from.
  #check({ hardState, snapshot, log }: WriteBatch): void {
    const lastIndex = this.#lastIncludedIndex + this.#entries.count;
    if (snapshot !== undefined && !(snapshot.lastIncludedIndex >= Math.max(1, this.#lastIncludedIndex))) {
      throw refusal(
        `a snapshot up to index ${snapshot.lastIncludedIndex}`,
        this.#snapshot === undefined
          ? 'a snapshot covers at least index 1'
          : `the present one reaches index ${this.#lastIncludedIndex}`,
      );
    }
    if (snapshot?.configuration !== undefined)
      throw refusal('a snapshot with a configuration', `format version ${formatVersion} has no place for it`);
    const { lastIncludedIndex, lastIncludedTerm } = snapshot ?? headOf(this.#hardState, this.#snapshot);
    const end = Math.max(lastIndex, lastIncludedIndex);
    if (log !== undefined && !(log.firstIndex > lastIncludedIndex && log.firstIndex <= end + 1)) {
      throw refusal(
        `entries from index ${log.firstIndex} on`,
        log.firstIndex <= lastIncludedIndex
          ? `the snapshot covers the indexes up to ${lastIncludedIndex}`
          : `the log ends at index ${end}, and a gap would be left`,
      );
    }
    const keptEnd = log === undefined ? lastIndex : log.firstIndex - 1;
    let lastTerm = lastIncludedTerm;
    if (keptEnd > lastIncludedIndex) {
      checkTerm(this.#termAt(lastIncludedIndex + 1), lastTerm);
      lastTerm = this.#termAt(keptEnd);
    }
    for (const { term } of log?.entries ?? []) {
      checkTerm(term, lastTerm);
      lastTerm = term;
    }
    const { currentTerm } = hardState ?? this.#hardState;
    if (lastTerm > currentTerm) {
      throw refusal(`an entry or a snapshot of term ${lastTerm}`, `currentTerm is ${currentTerm}`);
    }
  }

  #termAt(index: LogIndex): number {
    return this.#entries.termAt(index - this.#lastIncludedIndex - 1);
  }
}

/** What decoding demands: terms never fall along the log. */
function checkTerm(term: number, previous: number): void {
  if (term < previous) throw refusal(`an entry of term ${term} after term ${previous}`, 'terms never fall');
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

function refusal(what: string, why: string): Error {
  return new Error(`The storage cannot take ${what}: ${why}.`);
}
