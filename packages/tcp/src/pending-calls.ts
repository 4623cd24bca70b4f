// The calls of one side that have no outcome yet, by number. Not a Map: each table that a Map has outgrown refers to the next one, so
// once the first of them is old, a collection of the young generation keeps the calls of all of them (twice the CPU of a call).
import { assert } from '@raftlab/runtime/assert';

/** The largest number of a call. */
export const callNumberMax = 0xffff_ffff;

const firstCapacity = 64;

/** A call that a table gives its number. */
export interface NumberedCall {
  /** 0 until it is added. */
  number: number;
}

/** Calls by their numbers, which rise from 1 and begin again after `callNumberMax`. How many there may be is for its user to bound. */
export class PendingCalls<Call extends NumberedCall> {
  /** A call with the number n is at n modulo the length, which is a power of two. */
  #slots: Array<Call | undefined> = emptySlots(firstCapacity);
  #size = 0;
  #lastNumber: number;

  /** `lastNumber`: of the call before the first one. */
  constructor(lastNumber = 0) {
    assert(
      lastNumber >= 0 && lastNumber <= callNumberMax,
      () => `call number ${lastNumber}; the largest is ${callNumberMax}`,
    );
    this.#lastNumber = lastNumber;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a call, and gives it a number that no other call has. */
  add(call: Call): void {
    assert(call.number === 0, () => `call ${call.number} is added once`);
    if (this.#size === this.#slots.length) this.#grow();
    do {
      this.#lastNumber = this.#lastNumber === callNumberMax ? 1 : this.#lastNumber + 1;
    } while (this.#slots[this.#slotOf(this.#lastNumber)] !== undefined);
    call.number = this.#lastNumber;
    this.#slots[this.#slotOf(call.number)] = call;
    this.#size += 1;
  }

  /** The call with this number, if there is one. */
  get(number: number): Call | undefined {
    const found = this.#slots[this.#slotOf(number)];
    return found?.number === number ? found : undefined;
  }

  /** Removes the call with this number, and returns it, if there is one. */
  take(number: number): Call | undefined {
    const call = this.get(number);
    if (call === undefined) return undefined;
    this.#slots[this.#slotOf(number)] = undefined;
    this.#size -= 1;
    return call;
  }

  /** The numbers of all calls, in the order in which they were added. */
  numbers(): number[] {
    // Also when the numbers have begun again.
    const age = (number: number): number => (this.#lastNumber - number + callNumberMax) % callNumberMax;
    return this.#slots.flatMap((call) => call?.number ?? []).toSorted((a, b) => age(b) - age(a));
  }

  #slotOf(number: number): number {
    return number & (this.#slots.length - 1);
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = emptySlots(2 * before.length);
    for (const call of before) if (call !== undefined) this.#slots[this.#slotOf(call.number)] = call;
    assert(this.#size < this.#slots.length, 'there is a free slot');
  }
}

function emptySlots(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined);
}
