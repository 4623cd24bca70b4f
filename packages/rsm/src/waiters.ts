// The submissions that wait for their entry to be applied. A waiter is known by index AND term: an entry of another term at the
// same index is another command.
import type { LogPosition } from '@raftlab/raft-core';
import { assert } from '@raftlab/runtime/assert';
import { refused, type Refusal, type Submission } from './submission.ts';

/** Takes the end of a submission, once. */
export type Settle<Outcome> = (submission: Submission<Outcome>) => void;

interface Waiter<Outcome> {
  readonly at: LogPosition;
  readonly settle: Settle<Outcome>;
}

/** The committed log has another entry in its place, or cannot have it: it was never committed, and never will be. */
const replaced: Refusal = { kind: 'NotLeader' };
/** A later leader may still commit it. */
const lost: Refusal = { kind: 'Unknown', why: 'leadership-lost' };

/** The pending submissions of one server, in the order of their indexes. */
export class Waiters<Outcome> {
  /** By index, in ascending order. Terms never fall from one to the next, as in the log. */
  readonly #waiters = new Map<number, Waiter<Outcome>>();
  #last: LogPosition = { index: 0, term: 0 };

  /** How many are pending. */
  get size(): number {
    return this.#waiters.size;
  }

  /** The entry was appended to the log of this server, which leads. */
  add(at: LogPosition, settle: Settle<Outcome>): void {
    assert(at.index >= 1, () => `a submission at index ${at.index}; the first one is 1`);
    // An earlier leadership of this server has put another entry there: some server may still have it (Figure 8).
    if (at.index <= this.#last.index) this.#refuse(({ at: { index } }) => index >= at.index, lost);
    this.#waiters.set(at.index, { at, settle });
    this.#last = at;
  }

  /** An entry was applied. */
  onApplied(at: LogPosition, outcome: Outcome): void {
    const waiter = this.#waiters.get(at.index);
    if (waiter?.at.term === at.term) {
      this.#waiters.delete(at.index);
      waiter.settle({ ok: true, result: outcome, at });
      // Those before it have ended, and terms never fall from it to those after it.
      return;
    }
    this.#refuseReplaced(at);
  }

  /** A snapshot has replaced the state: whether the entries that it covers were those of the waiters is not known. */
  onSnapshot(at: LogPosition): void {
    this.#refuse(({ at: { index } }) => index <= at.index, { kind: 'Unknown', why: 'covered-by-snapshot' });
    this.#refuseReplaced(at);
  }

  /** The server leads `term`, or none when it is undefined. Entries of other terms may still be committed by a later leader. */
  onLeadership(term: number | undefined): void {
    this.#refuse((waiter) => waiter.at.term !== term, lost);
  }

  /** No entry will be applied any more. */
  onStop(): void {
    this.#refuse(() => true, { kind: 'Unknown', why: 'stopped' });
    assert(this.#waiters.size === 0, 'a submission is pending after the stop');
  }

  /**
   * What is committed at `at` rules out every other entry there, and every entry of a lower term after it: terms never fall
   * along a log (§5.3), and the log of every later leader contains `at` (§5.4). These waiters come first.
   */
  #refuseReplaced({ index, term }: LogPosition): void {
    for (const { at, settle } of this.#waiters.values()) {
      if (at.index > index && at.term >= term) return;
      this.#waiters.delete(at.index);
      settle(refused(replaced));
    }
  }

  #refuse(isRefused: (waiter: Waiter<Outcome>) => boolean, refusal: Refusal): void {
    for (const waiter of this.#waiters.values()) {
      if (!isRefused(waiter)) continue;
      this.#waiters.delete(waiter.at.index);
      waiter.settle(refused(refusal));
    }
  }
}
