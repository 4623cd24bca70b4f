// The persistent state between two readings of it, kept so that a write costs what its batch holds and not what the log
// holds. Entries and snapshots are never changed once they are in here, so copies share them.
import {
  entrySizeBytes,
  type HardState,
  type LogEntry,
  type LogIndex,
  type RaftState,
  type Snapshot,
} from '@raftlab/protocol';
import { raftStateSizeBytes } from './persisted-form.ts';
import type { StoredState, WriteBatch } from './storage.ts';

export class LiveState {
  #hardState: HardState;
  #snapshot: Snapshot | undefined;
  /** The entry at `offset` has the index lastIncludedIndex + 1 + offset. */
  readonly #entries: LogEntry[];
  /** The sum of entrySizeBytes over the entries. */
  #entriesSizeBytes: number;

  private constructor(state: StoredState, entriesSizeBytes: number) {
    this.#hardState = state.hardState;
    this.#snapshot = state.snapshot;
    this.#entries = [...state.entries];
    this.#entriesSizeBytes = entriesSizeBytes;
  }

  /** Takes over the entries and the snapshot: the caller must not change their bytes any more. */
  static from(state: StoredState | undefined): LiveState {
    const known = state ?? {
      hardState: { currentTerm: 0, votedFor: null },
      snapshot: undefined,
      entries: [],
    };
    return new LiveState(known, sumOfSizes(known.entries));
  }

  copy(): LiveState {
    const { snapshot } = this;
    return new LiveState(
      { hardState: this.#hardState, snapshot, entries: this.#entries },
      this.#entriesSizeBytes,
    );
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get raftState(): RaftState {
    return {
      hardState: this.#hardState,
      lastIncludedIndex: this.#snapshot?.lastIncludedIndex ?? 0,
      lastIncludedTerm: this.#snapshot?.lastIncludedTerm ?? 0,
      entries: this.#entries,
    };
  }

  /** The length of the raft state's byte form. */
  get sizeBytes(): number {
    const entriesSizeBytes = this.#entriesSizeBytes;
    return raftStateSizeBytes({ ...this.raftState, entryCount: this.#entries.length, entriesSizeBytes });
  }

  /** Applies all of the batch, or throws and applies nothing of it. Keeps copies of the batch's bytes. */
  apply(batch: WriteBatch): void {
    this.#check(batch);
    const { hardState, snapshot, log } = batch;
    if (hardState !== undefined) {
      this.#hardState = { currentTerm: hardState.currentTerm, votedFor: hardState.votedFor };
    }
    if (snapshot !== undefined) {
      this.#drop(0, snapshot.lastIncludedIndex - this.#lastIncludedIndex);
      const { lastIncludedIndex, lastIncludedTerm, data } = snapshot;
      this.#snapshot = { lastIncludedIndex, lastIncludedTerm, data: new Uint8Array(data) };
    }
    if (log !== undefined) {
      this.#drop(log.firstIndex - this.#lastIncludedIndex - 1, this.#entries.length);
      for (const { term, command } of log.entries) {
        const entry = { term, command: new Uint8Array(command) };
        this.#entries.push(entry);
        this.#entriesSizeBytes += entrySizeBytes(entry);
      }
    }
  }

  get #lastIncludedIndex(): LogIndex {
    return this.#snapshot?.lastIncludedIndex ?? 0;
  }

  #drop(offset: number, count: number): void {
    this.#entriesSizeBytes -= sumOfSizes(this.#entries.splice(offset, count));
  }

  // Compares the parts of the batch with the state that the whole batch leads to, not with states on the way: batches
  // that were merged must be as good as the two they came from.
  #check({ hardState, snapshot, log }: WriteBatch): void {
    const lastIndex = this.#lastIncludedIndex + this.#entries.length;
    if (snapshot !== undefined && !(snapshot.lastIncludedIndex >= Math.max(1, this.#lastIncludedIndex))) {
      throw refusal(
        `a snapshot up to index ${snapshot.lastIncludedIndex}`,
        this.#snapshot === undefined
          ? 'a snapshot covers at least index 1'
          : `the present one reaches index ${this.#lastIncludedIndex}`,
      );
    }
    const { lastIncludedIndex, lastIncludedTerm } = snapshot ?? this.raftState;
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
    const terms: number[] = [lastIncludedTerm];
    if (keptEnd > lastIncludedIndex) terms.push(this.#termAt(lastIncludedIndex + 1), this.#termAt(keptEnd));
    for (const { term } of log?.entries ?? []) terms.push(term);
    checkTerms(terms, (hardState ?? this.#hardState).currentTerm);
  }

  #termAt(index: LogIndex): number {
    return this.#entries[index - this.#lastIncludedIndex - 1]?.term ?? 0;
  }
}

function sumOfSizes(entries: readonly LogEntry[]): number {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += entrySizeBytes(entry);
  return sizeBytes;
}

/** What decoding demands: terms never fall along the log, and none is later than currentTerm. */
function checkTerms(terms: readonly number[], currentTerm: number): void {
  let previous = 0;
  for (const term of terms) {
    if (term < previous) throw refusal(`an entry of term ${term} after term ${previous}`, 'terms never fall');
    previous = term;
  }
  if (previous > currentTerm) {
    throw refusal(`an entry or a snapshot of term ${previous}`, `currentTerm is ${currentTerm}`);
  }
}

function refusal(what: string, why: string): Error {
  return new Error(`The storage cannot take ${what}: ${why}.`);
}
