// The replicated log: a snapshot, the entries after it, and some of those before its end. The only place where log indexes become
// array offsets.
import { payloadOf, type LogEntry, type LogIndex, type Snapshot, type Term } from '@raftlab/protocol';
import { assert, AssertionError } from '@raftlab/runtime/assert';

/** How many entries a compaction keeps of those that the snapshot covers: the last ones, within both bounds. */
export interface LogTail {
  readonly entries: number;
  /** Of their payloads. */
  readonly bytes: number;
}

const noTail: LogTail = { entries: 0, bytes: 0 };

/**
 * The entries of one server's log, with the snapshot that replaces those before them. The last entries that the snapshot covers may
 * be there too, so that a follower that lags by a few entries needs no snapshot. They are kept in memory only.
 */
export class RaftLog {
  /** From compactedIndex + 1 on. */
  #entries: LogEntry[] = [];
  #compactedIndex: LogIndex;
  #compactedTerm: Term;
  #snapshot: Snapshot | undefined;
  #lastIncludedIndex: LogIndex;
  #lastIncludedTerm: Term;

  constructor(snapshot?: Snapshot, entries: readonly LogEntry[] = []) {
    assert(
      snapshot?.configuration === undefined,
      () =>
        `the snapshot up to ${snapshot?.lastIncludedIndex} has a configuration, which is reserved and which this version ` +
        `of raft-core cannot act on: run this server with the version that wrote the snapshot, or a later one`,
    );
    this.#snapshot = snapshot;
    this.#lastIncludedIndex = snapshot?.lastIncludedIndex ?? 0;
    this.#lastIncludedTerm = snapshot?.lastIncludedTerm ?? 0;
    this.#compactedIndex = this.#lastIncludedIndex;
    this.#compactedTerm = this.#lastIncludedTerm;
    assert(this.#lastIncludedIndex >= 0, () => `a snapshot up to ${this.#lastIncludedIndex}`);
    this.append(entries);
  }

  /** A log with the same content that changes independently of this one. */
  clone(): RaftLog {
    const copy = new RaftLog(this.#snapshot);
    copy.#entries = [...this.#entries];
    copy.#compactedIndex = this.#compactedIndex;
    copy.#compactedTerm = this.#compactedTerm;
    assert(copy.lastIndex === this.lastIndex, 'a copy ends where its original ends');
    return copy;
  }

  /** What the prefix up to lastIncludedIndex was replaced by; undefined as long as nothing was compacted. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The last index that the snapshot covers, 0 without one. */
  get lastIncludedIndex(): LogIndex {
    return this.#lastIncludedIndex;
  }

  /** The term of the last entry that the snapshot covers, 0 without one. */
  get lastIncludedTerm(): Term {
    return this.#lastIncludedTerm;
  }

  /** The last index whose entry is gone, 0 if none is; at most lastIncludedIndex. */
  get compactedIndex(): LogIndex {
    return this.#compactedIndex;
  }

  /** The index of the last entry, or the snapshot's when there are none. */
  get lastIndex(): LogIndex {
    return this.#compactedIndex + this.#entries.length;
  }

  /** The term of the last entry, or the snapshot's when there are none. */
  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#compactedTerm;
  }

  /** The term at an index, the boundary of the snapshot included; undefined before it and after the last entry. */
  termAt(index: LogIndex): Term | undefined {
    assert(index >= 0, () => `there is no index ${index}`);
    if (index === this.#compactedIndex) return this.#compactedTerm;
    return this.#entries[index - this.#compactedIndex - 1]?.term;
  }

  /** Undefined for an index that was compacted or is not there yet. */
  entryAt(index: LogIndex): LogEntry | undefined {
    assert(index >= 0, () => `there is no index ${index}`);
    return this.#entries[index - this.#compactedIndex - 1];
  }

  /** The entries from `firstIndex` to `lastIndex`, both included. */
  slice(firstIndex: LogIndex, lastIndex: LogIndex): LogEntry[] {
    assert(firstIndex > this.#compactedIndex, () => `entry ${firstIndex} is compacted: ${this.describe()}`);
    assert(lastIndex <= this.lastIndex, () => `there is no entry ${lastIndex} yet: ${this.describe()}`);
    assert(firstIndex <= lastIndex + 1, () => `entries ${firstIndex} to ${lastIndex} are no range`);
    return this.#entries.slice(firstIndex - this.#compactedIndex - 1, lastIndex - this.#compactedIndex);
  }

  /** Appends entries to the end. Throws AssertionError for a configuration, which is reserved (§6). */
  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'configuration') refuseConfiguration(entry, this.lastIndex + 1);
      assert(entry.term >= this.lastTerm, () => `term ${entry.term} after term ${this.lastTerm}`);
      this.#entries.push(entry);
    }
  }

  /** Drops the entries from `index` on. */
  truncateFrom(index: LogIndex): void {
    assert(index > this.#lastIncludedIndex, () => `cannot truncate from ${index}: ${this.describe()}`);
    assert(index <= this.lastIndex + 1, () => `nothing to truncate from ${index} on: ${this.describe()}`);
    this.#entries.length = index - this.#compactedIndex - 1;
    assert(this.lastIndex === index - 1, () => `truncated from ${index}: ${this.describe()}`);
  }

  /**
   * Replaces everything up to the snapshot's index by it; later entries stay if they continue it, and so do the last ones before,
   * as many as `tail` allows. Otherwise all entries are dropped.
   */
  compact(snapshot: Snapshot, tail: LogTail = noTail): void {
    const { lastIncludedIndex, lastIncludedTerm } = snapshot;
    assert(
      lastIncludedIndex > this.#lastIncludedIndex,
      () => `a snapshot up to ${lastIncludedIndex} would move back: ${this.describe()}`,
    );
    const continues = this.termAt(lastIncludedIndex) === lastIncludedTerm;
    const compactedIndex = continues ? this.#tailStart(lastIncludedIndex, tail) : lastIncludedIndex;
    this.#compactedTerm = (continues ? this.termAt(compactedIndex) : undefined) ?? lastIncludedTerm;
    if (continues) this.#entries.splice(0, compactedIndex - this.#compactedIndex);
    else this.#entries = [];
    this.#compactedIndex = compactedIndex;
    this.#snapshot = snapshot;
    this.#lastIncludedIndex = lastIncludedIndex;
    this.#lastIncludedTerm = lastIncludedTerm;
    assert(this.#compactedIndex <= lastIncludedIndex, 'entries after the snapshot are gone');
    assert(this.lastTerm >= lastIncludedTerm, () => `terms fall behind the snapshot: ${this.describe()}`);
  }

  /** The index before the first entry that is kept of those up to `lastIndex`. */
  #tailStart(lastIndex: LogIndex, tail: LogTail): LogIndex {
    const least = Math.max(this.#compactedIndex, lastIndex - tail.entries);
    let sizeBytes = 0;
    let start = lastIndex;
    while (start > least) {
      const entry = this.entryAt(start);
      assert(entry !== undefined, () => `entry ${start} is missing: ${this.describe()}`);
      sizeBytes += payloadOf(entry).length;
      if (sizeBytes > tail.bytes) break;
      start -= 1;
    }
    assert(lastIndex - start <= tail.entries, 'more entries are kept than the tail allows');
    return start;
  }

  /** The largest index up to `maxIndex` whose term is at most `term`; undefined when it lies behind the snapshot. */
  lastIndexUpTo(maxIndex: LogIndex, term: Term): LogIndex | undefined {
    if (maxIndex < this.#compactedIndex || this.#compactedTerm > term) return undefined;
    // Terms never fall along the log, so a binary search finds the place.
    let low = this.#compactedIndex;
    let high = Math.min(maxIndex, this.lastIndex);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.termAt(middle) ?? 0) <= term) low = middle;
      else high = middle - 1;
    }
    assert(low <= maxIndex, () => `found ${low}, after ${maxIndex}`);
    return low;
  }

  /** The first index with the same term as the entry at `index`, as far back as terms are known: to the snapshot's. */
  firstIndexOfTermAt(index: LogIndex): LogIndex {
    const term = this.termAt(index);
    assert(term !== undefined, () => `the term at ${index} is unknown: ${this.describe()}`);
    const lastBefore = this.lastIndexUpTo(index, term - 1);
    return lastBefore === undefined ? this.#compactedIndex : lastBefore + 1;
  }

  /** The bounds of the log in words, for messages. */
  describe(): string {
    return `snapshot up to ${this.#lastIncludedIndex} (term ${this.#lastIncludedTerm}), last entry ${this.lastIndex} (term ${this.lastTerm})`;
  }
}

function refuseConfiguration({ term }: LogEntry, index: LogIndex): never {
  throw new AssertionError(
    `entry ${index} of term ${term} is a configuration, which is reserved and which this version of raft-core cannot ` +
      `act on: run this server with the version that wrote the entry, or a later one`,
  );
}
