// The reads of one turn of the event loop are one read of the core: they share its index, its round and its outcome.
import type { LogIndex } from '@raftlab/protocol';
import type { Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { ReadOutcome, ReadRefusal } from './core/outputs.ts';

/** What `readIndex` resolves to. */
export type ReadIndexResult =
  | {
      readonly ok: true;
      /** The service may read once it has applied the entry at this index. */
      readonly index: LogIndex;
    }
  | {
      readonly ok: false;
      /**
       * no-leader: none is known, or it was lost before it had confirmed that it led. unanswered: it has not answered for an
       * election timeout. busy: too many reads wait. Any of these may be tried again. killed, stopped and loading as in `start`.
       */
      readonly reason: ReadRefusal | 'killed' | 'stopped' | 'loading';
    };

/** What a read may ask for. */
export interface ReadIndexOptions {
  /** Has a majority confirm the leader even where `leaseReads` is set and its lease has not ended. */
  readonly avoidsLease?: boolean;
}

type Resolve = (result: ReadIndexResult) => void;

/** The reads of one peer, between its callers and its core. */
export class ReadBatches {
  #nextId: number;
  #collected: Resolve[] = [];
  #avoidsLease = false;
  readonly #underWay = new Map<number, Resolve[]>();

  /**
   * `random` should differ from one life of the server to the next: a late answer to a read of an earlier life is told apart by
   * its id.
   */
  constructor(random: Random) {
    // Leaves room for 2^52 reads.
    this.#nextId = Math.floor(random.fork('reads').safeInteger() / 2);
    assert(
      this.#nextId >= 0 && Number.isSafeInteger(this.#nextId),
      () => `${this.#nextId} is no id of a read`,
    );
  }

  /** Collects a read; the batch is taken when the turn ends. One that avoids leases does so for its whole batch. */
  add({ avoidsLease = false }: ReadIndexOptions): Promise<ReadIndexResult> {
    if (avoidsLease) this.#avoidsLease = true;
    return new Promise((resolve) => this.#collected.push(resolve));
  }

  /** The reads that were collected, as one of the core; undefined when there are none. */
  take(): { readonly id: number; readonly avoidsLease: boolean } | undefined {
    if (this.#collected.length === 0) return undefined;
    const id = this.#nextId;
    assert(Number.isSafeInteger(id), 'the ids of reads have run out');
    this.#nextId += 1;
    assert(!this.#underWay.has(id), () => `read ${id} is under way already`);
    this.#underWay.set(id, this.#collected);
    this.#collected = [];
    const avoidsLease = this.#avoidsLease;
    this.#avoidsLease = false;
    return { id, avoidsLease };
  }

  /** Tells the callers of a batch how it has ended. */
  settle(outcome: ReadOutcome): void {
    const waiting = this.#underWay.get(outcome.id);
    assert(waiting !== undefined, () => `read ${outcome.id} ended, which is not under way`);
    assert(
      outcome.kind !== 'ready' || outcome.readIndex >= 0,
      () => `read ${outcome.id} is ready without an index`,
    );
    assert(waiting.length > 0, () => `read ${outcome.id} has no caller`);
    this.#underWay.delete(outcome.id);
    const result: ReadIndexResult =
      outcome.kind === 'ready'
        ? { ok: true, index: outcome.readIndex }
        : { ok: false, reason: outcome.reason };
    for (const resolve of waiting) resolve(result);
  }

  /** The peer has ended: no read is left waiting. */
  end(reason: 'killed' | 'stopped'): void {
    const waiting = [...this.#underWay.values(), this.#collected];
    this.#underWay.clear();
    this.#collected = [];
    assert(this.#underWay.size === 0, 'no read is left waiting');
    for (const batch of waiting) for (const resolve of batch) resolve({ ok: false, reason });
  }
}
