// Orders writes, and what may happen only after them. At most one write is under way; what arrives meanwhile is merged
// into the next (group commit), and so are the entries that are proposed in one turn.
import { mergeBatches, type Storage, type WriteBatch } from '@raftlab/storage';
import type { LogEntry, LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { DurablePoint } from './core/inputs.ts';
import type { Persist } from './core/outputs.ts';

/** A write that is collected or under way, and what waits for it. */
interface PendingWrite {
  batch: WriteBatch;
  proves: DurablePoint;
  readonly waiting: Array<() => void>;
}

/** Entries that are written together at the next `flush`. */
interface Collected {
  readonly firstIndex: LogIndex;
  readonly entries: LogEntry[];
  proves: DurablePoint;
}

/** The writes of one peer, in front of its storage. */
export class StorageQueue {
  readonly #storage: Storage;
  readonly #onDurable: (point: DurablePoint) => void;
  readonly #onFailure: (error: unknown) => void;
  #underWay: PendingWrite | undefined;
  #next: PendingWrite | undefined;
  #collected: Collected | undefined;
  #isClosed = false;

  /**
   * `onDurable` is called for each write, after the actions that waited for it; `onFailure` once, after which the queue does
   * nothing more.
   */
  constructor(
    storage: Storage,
    onDurable: (point: DurablePoint) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#storage = storage;
    this.#onDurable = onDurable;
    this.#onFailure = onFailure;
  }

  /** Writes a batch after all earlier ones. One that may wait is written at the next `flush`, `write` or `whenDurable`. */
  write({ batch, proves, mayWait }: Persist): void {
    if (this.#isClosed) return;
    if (mayWait) this.#collect(batch, proves);
    else this.#writeNow(batch, proves);
  }

  /** Begins to write what was collected; the caller does so at the end of each turn. */
  flush(): void {
    const collected = this.#collected;
    if (collected === undefined) return;
    this.#collected = undefined;
    const { firstIndex, entries, proves } = collected;
    this.#writeNow({ log: { firstIndex, entries } }, proves);
  }

  /** Runs `action` once everything written so far is durable: at once when it is already. */
  whenDurable(action: () => void): void {
    if (this.#isClosed) return;
    this.flush();
    assert(this.#collected === undefined, 'everything collected is written');
    const last = this.#next ?? this.#underWay;
    if (last === undefined) action();
    else last.waiting.push(action);
  }

  /** Nothing is written or released from now on; a write that is under way is left to itself. */
  close(): void {
    this.#isClosed = true;
    this.#collected = undefined;
    this.#next = undefined;
  }

  /** Closes the queue, then the storage: resolves once the write under way has ended and the storage is released. */
  stop(): Promise<void> {
    this.close();
    return this.#storage.close();
  }

  // Merging batch by batch would copy the entries of the turn once for each proposal.
  #collect({ log, hardState, snapshot }: WriteBatch, proves: DurablePoint): void {
    const isAppend = log !== undefined && hardState === undefined && snapshot === undefined;
    assert(isAppend, 'a write that may wait has entries and nothing else');
    const { firstIndex, entries } = log;
    this.#collected ??= { firstIndex, entries: [], proves };
    const end = this.#collected.firstIndex + this.#collected.entries.length;
    assert(firstIndex === end, () => `entries from ${firstIndex} on cannot follow those before ${end}`);
    for (const entry of entries) this.#collected.entries.push(entry);
    assert(proves.lastLogIndex >= firstIndex, 'a write proves the entries that it has');
    this.#collected.proves = proves;
  }

  #writeNow(batch: WriteBatch, proves: DurablePoint): void {
    this.flush();
    if (this.#next === undefined) {
      this.#next = { batch, proves, waiting: [] };
    } else {
      this.#next.batch = mergeBatches(this.#next.batch, batch);
      this.#next.proves = proves;
    }
    if (this.#underWay === undefined) this.#startNext();
  }

  #startNext(): void {
    assert(this.#underWay === undefined, 'one write is in progress at a time');
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
    // An action that waited for the write may throw too, and is reported in the same way.
    written.then(() => this.#finish(write)).catch((error: unknown) => this.#fail(error));
  }

  #finish(write: PendingWrite): void {
    if (this.#isClosed) return;
    assert(this.#underWay === write, 'the write that ended is the one in progress');
    this.#underWay = undefined;
    for (const action of write.waiting) action();
    this.#onDurable(write.proves);
    if (this.#underWay === undefined) this.#startNext();
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(error);
  }
}
