// A binary heap of virtual timers, ordered by time and, among equal times, by order of creation.

export interface VirtualTimer {
  readonly dueAt: number;
  readonly sequence: number;
  /** Undefined once the timer is cancelled; it is then dropped when it comes up, or when such timers are many. */
  callback: (() => void) | undefined;
}

export class TimerHeap {
  #timers: VirtualTimer[] = [];
  #cancelledCount = 0;

  /** Timers that will still fire. */
  get size(): number {
    return this.#timers.length - this.#cancelledCount;
  }

  push(timer: VirtualTimer): void {
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

  /** Takes out the next timer that was not cancelled. */
  pop(): VirtualTimer | undefined {
    for (;;) {
      const first = this.#takeFirst();
      if (first === undefined || first.callback !== undefined) return first;
      this.#cancelledCount -= 1;
    }
  }

  cancel(timer: VirtualTimer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.#cancelledCount += 1;
    if (this.#cancelledCount > 64 && this.#cancelledCount * 2 > this.#timers.length) this.#sweep();
  }

  /** Cancels every timer. */
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

  #sweep(): void {
    const alive = this.#timers.filter((timer) => timer.callback !== undefined);
    this.#timers = [];
    this.#cancelledCount = 0;
    for (const timer of alive) this.push(timer);
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.sequence < b.sequence);
}
