// What a storage remembers of what it contains, to refuse a batch that does not fit and to find its way, without the
// commands. Terms change rarely, so this stays small however long the log is.
import type { HardState, LogEntry, LogIndex, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { nothingStored } from './apply-batch.ts';
import { checkBatch, type StoredLog } from './check-batch.ts';
import type { StoredState, WriteBatch } from './storage.ts';

/** Entries that follow each other and have one term. A run ends where the next one begins, or with the log. */
export interface TermRun {
  readonly firstIndex: LogIndex;
  readonly term: Term;
}

/** An outline as plain data. */
export interface OutlineData {
  readonly hardState: HardState;
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term;
  readonly lastIndex: LogIndex;
  /** Ascending. The first one has the first entry after the snapshot, and may begin before it. */
  readonly runs: readonly TermRun[];
}

/** The hard state, the end of the snapshot, and the term of every entry. */
export class LogOutline implements StoredLog {
  #hardState: HardState = nothingStored.hardState;
  #lastIncludedIndex: LogIndex = 0;
  #lastIncludedTerm: Term = 0;
  #lastIndex: LogIndex = 0;
  /** Ascending. The first one has the first entry after the snapshot, and may begin before it. */
  #runs: TermRun[] = [];

  /** The outline of a state. Throws BatchError when no sequence of batches leads to it. */
  static of({ hardState, snapshot, entries }: StoredState): LogOutline {
    const outline = new LogOutline();
    const firstIndex = (snapshot?.lastIncludedIndex ?? 0) + 1;
    outline.apply({ hardState, ...(snapshot && { snapshot }), log: { firstIndex, entries } });
    return outline;
  }

  /** The outline that `toData` was called on. */
  static fromData({
    hardState,
    lastIncludedIndex,
    lastIncludedTerm,
    lastIndex,
    runs,
  }: OutlineData): LogOutline {
    assert(
      lastIndex >= lastIncludedIndex,
      () => `a log that ends at ${lastIndex}, before its snapshot up to ${lastIncludedIndex}`,
    );
    const outline = new LogOutline();
    outline.#hardState = hardState;
    outline.#lastIncludedIndex = lastIncludedIndex;
    outline.#lastIncludedTerm = lastIncludedTerm;
    outline.#lastIndex = lastIndex;
    outline.#runs = [...runs];
    return outline;
  }

  /** What `fromData` makes the same outline from. It does not change with this one. */
  toData(): OutlineData {
    const { hardState, lastIncludedIndex, lastIncludedTerm, lastIndex } = this;
    return { hardState, lastIncludedIndex, lastIncludedTerm, lastIndex, runs: [...this.#runs] };
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIncludedIndex(): LogIndex {
    return this.#lastIncludedIndex;
  }

  get lastIncludedTerm(): Term {
    return this.#lastIncludedTerm;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  termAt(index: LogIndex): Term {
    // Mostly the last run: a loop, since this runs for every entry that is checked.
    let place = this.#runs.length - 1;
    while (place > 0 && (this.#runs[place]?.firstIndex ?? 0) > index) place -= 1;
    const run = this.#runs[place];
    assert(
      index > this.#lastIncludedIndex && index <= this.#lastIndex && run !== undefined,
      () =>
        `there is no entry ${index}: the log goes from ${this.#lastIncludedIndex + 1} to ${this.#lastIndex}`,
    );
    return run.term;
  }

  /** An outline of the same, which changes independently of this one. */
  copy(): LogOutline {
    return LogOutline.fromData(this.toData());
  }

  /** Takes the batch, or throws BatchError and changes nothing. Keeps nothing of it. Costs what the batch contains. */
  apply(batch: WriteBatch): void {
    checkBatch(this, batch);
    const { hardState, snapshot, log } = batch;
    if (hardState !== undefined) {
      this.#hardState = { currentTerm: hardState.currentTerm, votedFor: hardState.votedFor };
    }
    if (snapshot !== undefined) {
      this.#lastIncludedIndex = snapshot.lastIncludedIndex;
      this.#lastIncludedTerm = snapshot.lastIncludedTerm;
      const first = this.#runs.findLastIndex(({ firstIndex }) => firstIndex <= this.#lastIncludedIndex + 1);
      if (first > 0) this.#runs.splice(0, first);
      if (this.#lastIndex < this.#lastIncludedIndex) this.#truncate(this.#lastIncludedIndex + 1);
    }
    if (log !== undefined) {
      this.#truncate(log.firstIndex);
      this.#append(log.entries);
    }
    assert(this.#lastIndex >= this.#lastIncludedIndex, 'a log ends behind its snapshot');
  }

  #truncate(firstIndex: LogIndex): void {
    while ((this.#runs.at(-1)?.firstIndex ?? 0) >= firstIndex) this.#runs.pop();
    assert(
      firstIndex <= this.#lastIndex + 1 || firstIndex === this.#lastIncludedIndex + 1,
      'a gap in the log',
    );
    this.#lastIndex = firstIndex - 1;
  }

  #append(entries: readonly LogEntry[]): void {
    for (const { term } of entries) {
      this.#lastIndex += 1;
      if (this.#runs.at(-1)?.term !== term) this.#runs.push({ firstIndex: this.#lastIndex, term });
    }
  }
}
