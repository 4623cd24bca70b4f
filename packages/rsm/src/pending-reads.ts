// The linearizable reads of one server that have not ended. Each waits for the index that it must contain, and then until the entry
// there is applied (thesis 6.4).
import type { LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/** Ends a read, once: it may look at the state now, or the server has stopped. */
export type EndRead = (outcome: 'applied' | 'stopped') => void;

interface WaitingRead {
  readonly index: LogIndex;
  readonly end: EndRead;
}

/** The pending reads, in the order of their indexes. */
export class PendingReads {
  readonly #waiting: WaitingRead[] = [];
  #confirmingCount = 0;

  /** How many are pending. */
  get size(): number {
    return this.#confirmingCount + this.#waiting.length;
  }

  /** A read asks for its index. */
  onAsk(): void {
    this.#confirmingCount += 1;
  }

  /** The question of `onAsk` was answered, or refused. */
  onAnswer(): void {
    assert(this.#confirmingCount >= 1, 'more reads were answered than have asked');
    this.#confirmingCount -= 1;
  }

  /** The read waits until `index` is applied. */
  add(index: LogIndex, end: EndRead): void {
    assert(index >= 1, () => `a read at index ${index}; the first entry is 1`);
    // Indexes mostly rise from one read to the next; they fall when the leader has changed.
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.index ?? 0) > index) place -= 1;
    this.#waiting.splice(place, 0, { index, end });
  }

  /** Everything up to `index` is applied. */
  onApplied(index: LogIndex): void {
    const first = this.#waiting[0];
    if (first === undefined || first.index > index) return;
    const count = this.#waiting.findIndex((read) => read.index > index);
    const ended = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
    assert(ended.length >= 1, 'at least the first read has ended');
    for (const { end } of ended) end('applied');
  }

  /** Nothing will be applied any more. */
  onStop(): void {
    for (const { end } of this.#waiting.splice(0)) end('stopped');
  }
}
