// The model's log: a map of entries by index, after a snapshot. Written for clarity, not for speed.
import type { WriteBatch } from '@raftlab/storage';
import type { LogEntry, LogIndex, Term } from '@raftlab/protocol';

export interface ModelEntry {
  readonly term: Term;
  /** The kind and the bytes of the entry as text: entries with equal texts are equal. */
  readonly content: string;
}

export function modelEntry(entry: LogEntry): ModelEntry {
  const { term, kind } = entry;
  if (kind === 'noop') return { term, content: kind };
  const bytes = kind === 'command' ? entry.command : entry.configuration;
  return { term, content: `${kind} ${Buffer.from(bytes).toString('latin1')}` };
}

export class ModelLog {
  /** The end of the snapshot: the prefix up to here is committed and removed. */
  baseIndex: LogIndex = 0;
  baseTerm: Term = 0;
  #entries = new Map<LogIndex, ModelEntry>();
  /** The entries that snapshots cover, which a leader may have kept. */
  #covered = new Map<LogIndex, ModelEntry>();
  /** The terms at the ends of earlier snapshots: such an entry may never have been here, and is before the first one that is kept. */
  #earlierBases = new Map<LogIndex, Term>();

  get lastIndex(): LogIndex {
    return this.baseIndex + this.#entries.size;
  }

  get lastTerm(): Term {
    return this.termAt(this.lastIndex) ?? 0;
  }

  /** Undefined beyond the end and inside the snapshot. Index 0 is before every log, and has term 0. */
  termAt(index: LogIndex): Term | undefined {
    if (index === 0) return 0;
    return index === this.baseIndex ? this.baseTerm : this.#entries.get(index)?.term;
  }

  at(index: LogIndex): ModelEntry | undefined {
    return this.#entries.get(index);
  }

  /** Also an entry that a snapshot covers, if this log ever had it. */
  everAt(index: LogIndex): ModelEntry | undefined {
    return this.#entries.get(index) ?? this.#covered.get(index);
  }

  /** Also the term at an index that a snapshot covers, if this log ever knew it. */
  termEverAt(index: LogIndex): Term | undefined {
    return this.termAt(index) ?? this.everAt(index)?.term ?? this.#earlierBases.get(index);
  }

  append(entry: ModelEntry): void {
    this.#entries.set(this.lastIndex + 1, entry);
  }

  deleteFrom(index: LogIndex): void {
    for (let last = this.lastIndex; last >= index; last -= 1) this.#entries.delete(last);
  }

  /** Removes the entries that the snapshot covers; later entries are kept only if they continue it (Figure 13, 6 and 7). */
  compact(index: LogIndex, term: Term): void {
    if (this.termAt(index) === term) {
      this.#earlierBases.set(this.baseIndex, this.baseTerm);
      this.#coverUpTo(index);
    } else {
      this.#entries.clear();
      this.#covered.clear();
      this.#earlierBases.clear();
    }
    this.baseIndex = index;
    this.baseTerm = term;
  }

  /** The entries are in ascending order, so those that stay are not looked at: a log may be long, and be compacted after each entry. */
  #coverUpTo(index: LogIndex): void {
    for (const [at, entry] of this.#entries) {
      if (at > index) return;
      this.#covered.set(at, entry);
      this.#entries.delete(at);
    }
  }

  copy(): ModelLog {
    const copy = new ModelLog();
    copy.baseIndex = this.baseIndex;
    copy.baseTerm = this.baseTerm;
    copy.#entries = new Map(this.#entries);
    copy.#covered = new Map(this.#covered);
    copy.#earlierBases = new Map(this.#earlierBases);
    return copy;
  }
}

/** The content of stable storage after the batches that it received. */
export class ModelDisk {
  currentTerm: Term = 0;
  votedFor: number | null = null;
  /** The content of the snapshot. */
  snapshotData: Uint8Array = new Uint8Array(0);
  readonly log: ModelLog = new ModelLog();

  apply({ hardState, snapshot, log }: WriteBatch): void {
    if (hardState !== undefined) {
      this.currentTerm = hardState.currentTerm;
      this.votedFor = hardState.votedFor;
    }
    if (snapshot !== undefined) {
      const { lastIncludedIndex, lastIncludedTerm } = snapshot;
      // The batch decides which entries after a snapshot are kept: storage does not compare terms.
      const isHeld = lastIncludedIndex < this.log.lastIndex;
      this.log.compact(
        lastIncludedIndex,
        isHeld ? (this.log.termAt(lastIncludedIndex) ?? lastIncludedTerm) : lastIncludedTerm,
      );
      this.log.baseTerm = lastIncludedTerm;
      this.snapshotData = snapshot.data;
    }
    if (log === undefined) return;
    this.log.deleteFrom(log.firstIndex);
    for (const entry of log.entries) this.log.append(modelEntry(entry));
  }
}
