// The timers of a VirtualClock: a binary heap, ordered by time and, among equal times, by order of creation.
import { assert } from './assert.ts';

/** More cancelled timers than this are removed as soon as they are more than half of the heap. */
const cancelledCountMax = 64;

/** A timer of a VirtualClock. */
export interface VirtualTimer {
  /** Virtual milliseconds. */
  readonly dueAt: number;
  /** Unique, and larger for a timer that was set later. */
  readonly sequence: number;
  /** Undefined once the timer has been cancelled or has fired. A cancelled timer stays in the heap until it is removed. */
  callback: (() => void) | undefined;
}

/** A priority queue of timers. `push` and `pop` take O(log n); `cancel` takes O(1) on average. */
export class TimerHeap {
  #timers: VirtualTimer[] = [];
  #cancelledCount = 0;

  /** How many timers are not cancelled. */
  get size(): number {
    return this.#timers.length - this.#cancelledCount;
  }

  /** Adds a timer. Its callback must be set. */
  push(timer: VirtualTimer): void {
    assert(timer.callback !== undefined, () => `timer ${timer.sequence} has no callback`);
    const timers = this.#timers;
    let offset = timers.length;
    timers.push(timer);
    while (offset > 0) {
      const parentOffset = (offset - 1) >> 1;
      const parent = timers[parentOffset];
      if (parent === undefined || isBefore(parent, timer)) break;
      timers[offset] = parent;
      offset = parentOffset;
    }
    timers[offset] = timer;
  }

  /** Removes and returns the first timer that is not cancelled. Undefined when there is none. */
  pop(): VirtualTimer | undefined {
    for (;;) {
      const first = this.#takeFirst();
      if (first === undefined || first.callback !== undefined) return first;
      this.#cancelledCount -= 1;
    }
  }

  /** Cancels a timer that was pushed. Does nothing when it has fired or is cancelled already. */
  cancel(timer: VirtualTimer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.#cancelledCount += 1;
    const isMostlyCancelled = this.#cancelledCount * 2 > this.#timers.length;
    if (this.#cancelledCount > cancelledCountMax && isMostlyCancelled) this.#removeCancelled();
  }

  /** Cancels and removes every timer. */
  clear(): void {
    for (const timer of this.#timers) timer.callback = undefined;
    this.#timers = [];
    this.#cancelledCount = 0;
  }

  #takeFirst(): VirtualTimer | undefined {
    const timers = this.#timers;
    const first = timers[0];
    const last = timers.pop();
    if (last === undefined || last === first) return first;
    let offset = 0;
    for (;;) {
      let childOffset = offset * 2 + 1;
      let child = timers[childOffset];
      if (child === undefined) break;
      const right = timers[childOffset + 1];
      if (right !== undefined && isBefore(right, child)) {
        childOffset += 1;
        child = right;
      }
      if (isBefore(last, child)) break;
      timers[offset] = child;
      offset = childOffset;
    }
    timers[offset] = last;
    return first;
  }

  #removeCancelled(): void {
    const pending = this.#timers.filter((timer) => timer.callback !== undefined);
    this.#timers = [];
    this.#cancelledCount = 0;
    for (const timer of pending) this.push(timer);
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.sequence < b.sequence);
}
