// Lets a limited number of tasks run at a time; more wait in order.
import type { CancelSignal } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';

/** A bound on tasks that run at the same time. */
export class Gate {
  #free: number;
  /** In the order of arrival. */
  readonly #waiting = new Set<() => void>();

  /** `places`: how many tasks may run, 1 or more. */
  constructor(places: number) {
    assert(places >= 1, () => `a gate for ${places} tasks`);
    this.#free = places;
  }

  /** Runs a task when there is a place for it. Rejects with what it rejects with, and with the reason of a signal that ends the wait. */
  async pass<Value>(signal: CancelSignal, task: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #turn(signal: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Hands the place to the task that has waited longest. */
  #leave(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}
