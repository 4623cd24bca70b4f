// Orders writes, and what may happen only after them. At most one write is under way; what arrives meanwhile is merged
// into the next (group commit), and so are the entries that are proposed in one turn.
import { BatchMerger, claimStorage, type Storage, type WriteBatch } from '@raftlab/storage';
import type { LogEntry, LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { DurablePoint } from './core/inputs.ts';
import type { Persist } from './core/outputs.ts';
import { ContractError } from './errors.ts';
import { isThenable } from './thenable.ts';

/** A write that is under way, and what waits for it. */
interface Write {
  readonly batch: WriteBatch;
  readonly proves: DurablePoint;
  readonly waiting: Array<() => void>;
}

/** A write that begins when the one under way has ended; until then it grows. */
interface NextWrite {
  readonly merger: BatchMerger;
  proves: DurablePoint;
  readonly waiting: Array<() => void>;
}

/** Entries that are written together at the next `flush`. */
interface Collected {
  readonly firstIndex: LogIndex;
  readonly entries: LogEntry[];
  proves: DurablePoint;
}

/** The writes of one peer, in front of its storage, which it has for itself until the last of them has ended. */
export class StorageQueue {
  readonly #storage: Storage;
  readonly #release: () => void;
  readonly #onDurable: (point: DurablePoint) => void;
  readonly #onFailure: (error: unknown) => void;
  #underWay: Write | undefined;
  #next: NextWrite | undefined;
  #collected: Collected | undefined;
  #stagingCount = 0;
  #isClosed = false;

  /**
   * `onDurable` is called for each write, after the actions that waited for it; `onFailure` once, after which the queue does
   * nothing more. Throws StorageInUseError while the queue of another peer uses the storage.
   */
  constructor(
    storage: Storage,
    onDurable: (point: DurablePoint) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#release = claimStorage(storage);
    this.#storage = storage;
    this.#onDurable = onDurable;
    this.#onFailure = onFailure;
  }

  /** Writes a batch after all earlier ones. One that may wait is written at the next `flush`, `write` or `whenDurable`. */
  write({ batch, proves, mayWait }: Persist): void {
    if (this.#isClosed) return;
    assert(proves.lastLogIndex >= 0, () => `a write that proves the log up to ${proves.lastLogIndex}`);
    if (mayWait) this.#collect(batch, proves);
    else this.#writeNow(batch, proves);
  }

  /** Begins to write what was collected; the caller does so at the end of each turn. */
  flush(): void {
    const collected = this.#collected;
    if (collected === undefined) return;
    this.#collected = undefined;
    const { firstIndex, entries, proves } = collected;
    assert(entries.length > 0, 'a collected write has entries');
    assert(!this.#isClosed, 'a closed queue writes nothing');
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

  /** Whether the storage stores the bytes of a snapshot ahead. */
  get isStaging(): boolean {
    return this.#stagingCount > 0;
  }

  /** Runs `action`, which writes a snapshot with these bytes: once the storage has stored them ahead, if it does that. */
  stage(data: Uint8Array, action: () => void): void {
    const staged = this.#isClosed ? undefined : this.#storage.stage?.(data);
    if (staged === undefined) {
      action();
      return;
    }
    assert(isThenable(staged), 'storage.stage returns a promise');
    this.#stagingCount += 1;
    staged.then(
      () => {
        this.#stagingCount -= 1;
        if (!this.#isClosed) action();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /**
   * No write begins and no action runs from now on. Another peer may use the storage once the write under way, if any, has
   * ended.
   */
  close(): void {
    this.#isClosed = true;
    this.#collected = undefined;
    this.#next = undefined;
    assert(this.#collected === undefined && this.#next === undefined, 'a closed queue has no write to begin');
    if (this.#underWay === undefined) this.#release();
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
    if (this.#underWay === undefined && this.#next === undefined) {
      this.#begin({ batch, proves, waiting: [] });
      return;
    }
    assert(!this.#isClosed, 'a closed queue writes nothing');
    this.#next ??= { merger: new BatchMerger(), proves, waiting: [] };
    this.#next.merger.add(batch);
    this.#next.proves = proves;
    if (this.#underWay === undefined) this.#beginNext();
  }

  #beginNext(): void {
    const next = this.#next;
    if (next === undefined) return;
    assert(this.#underWay === undefined, 'a merged write begins after the one before');
    this.#next = undefined;
    this.#begin({ batch: next.merger.batch, proves: next.proves, waiting: next.waiting });
  }

  #begin(write: Write): void {
    assert(this.#underWay === undefined, 'one write is in progress at a time');
    assert(!this.#isClosed, 'a closed queue begins no write');
    this.#underWay = write;
    let written: unknown;
    try {
      written = this.#storage.write(write.batch);
      if (written !== undefined && !isThenable(written)) {
        throw new ContractError(
          'storage.write',
          written,
          'undefined, or a promise that is fulfilled once all is durable',
        );
      }
    } catch (error) {
      this.#underWay = undefined;
      this.#fail(error);
      return;
    }
    if (written === undefined) {
      this.#finish(write);
      return;
    }
    Promise.resolve(written)
      .then(
        () => this.#finish(write),
        (error: unknown) => {
          this.#underWay = undefined;
          this.#fail(error);
        },
      )
      // An action that waited for the write may throw too, and is reported in the same way.
      .catch((error: unknown) => this.#fail(error));
  }

  #finish(write: Write): void {
    assert(this.#underWay === write, 'the write that ended is the one in progress');
    this.#underWay = undefined;
    if (this.#isClosed) {
      this.#release();
      return;
    }
    for (const action of write.waiting) action();
    this.#onDurable(write.proves);
    if (this.#underWay === undefined) this.#beginNext();
  }

  #fail(error: unknown): void {
    const isReported = this.#isClosed;
    this.close();
    if (!isReported) this.#onFailure(error);
  }
}
