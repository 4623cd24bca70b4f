// Orders writes, and what may happen only after them. At most one write is under way; what arrives meanwhile is merged
// into the next (group commit), and so does what is proposed in one turn. With storage that answers at once there is never
// anything else to wait for.
import { mergeBatches, type Storage, type WriteBatch } from '@raftlab/persister';
import type { LogEntry, LogIndex, Term } from '@raftlab/protocol';

/** The state of the log and the term when a batch was handed over: what its durability proves. */
export interface DurablePoint {
  readonly currentTerm: Term;
  readonly lastLogIndex: LogIndex;
  readonly lastLogTerm: Term;
}

/** A write that is collected or under way, and what waits for it. */
interface PendingWrite {
  batch: WriteBatch;
  point: DurablePoint;
  readonly waiting: Array<() => void>;
}

export class StorageQueue {
  readonly #storage: Storage;
  readonly #onDurable: (point: DurablePoint) => void;
  readonly #onFailure: (error: unknown) => void;
  #underWay: PendingWrite | undefined;
  #next: PendingWrite | undefined;
  /** New entries at the log's end, which nothing waits for yet. */
  #appended: { readonly firstIndex: LogIndex; readonly entries: LogEntry[]; point: DurablePoint } | undefined;
  #isClosed = false;

  /** `onDurable` is told after what waited for the write was released; `onFailure` once, and then nothing more happens. */
  constructor(
    storage: Storage,
    onDurable: (point: DurablePoint) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#storage = storage;
    this.#onDurable = onDurable;
    this.#onFailure = onFailure;
  }

  write(batch: WriteBatch, point: DurablePoint): void {
    if (this.#isClosed) return;
    this.flush();
    if (this.#next === undefined) {
      this.#next = { batch, point, waiting: [] };
    } else {
      this.#next.batch = mergeBatches(this.#next.batch, batch);
      this.#next.point = point;
    }
    if (this.#underWay === undefined) this.#startNext();
  }

  /** Takes entries that follow those before them, and may wait for `flush`: many of them make one write. */
  append({ firstIndex, entries }: NonNullable<WriteBatch['log']>, point: DurablePoint): void {
    if (this.#isClosed) return;
    this.#appended ??= { firstIndex, entries: [], point };
    for (const entry of entries) this.#appended.entries.push(entry);
    this.#appended.point = point;
  }

  /** Writes what was appended. */
  flush(): void {
    const appended = this.#appended;
    if (appended === undefined) return;
    this.#appended = undefined;
    const { firstIndex, entries, point } = appended;
    this.write({ log: { firstIndex, entries } }, point);
  }

  /** Runs `action` once everything written so far is durable: at once when it is already. */
  whenDurable(action: () => void): void {
    if (this.#isClosed) return;
    this.flush();
    const last = this.#next ?? this.#underWay;
    if (last === undefined) action();
    else last.waiting.push(action);
  }

  /** Nothing is written or released from now on; a write that is under way is left to itself. */
  close(): void {
    this.#isClosed = true;
    this.#appended = undefined;
    this.#next = undefined;
  }

  #startNext(): void {
    const write = this.#next;
    if (write === undefined) return;
    this.#next = undefined;
    this.#underWay = write;
    let written: void | Promise<void>;
    try {
      written = this.#storage.write(write.batch);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (written === undefined) {
      this.#finish(write);
      return;
    }
    // What waited for the write may throw too: that failure has the same owner.
    written.then(() => this.#finish(write)).catch((error: unknown) => this.#fail(error));
  }

  #finish(write: PendingWrite): void {
    if (this.#isClosed) return;
    this.#underWay = undefined;
    for (const action of write.waiting) action();
    this.#onDurable(write.point);
    if (this.#underWay === undefined) this.#startNext();
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(error);
  }
}
