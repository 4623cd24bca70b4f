// The calls that cannot be delivered, each until its delay has passed.
import type { Clock, Timer } from '@raftlab/runtime';

/** Delays the failure of each call; ends all delays when the network is closed. */
export class UndeliverableCalls {
  readonly #clock: Clock;
  /** The timer of each pending call, by the function that ends its wait. */
  readonly #pending = new Map<() => void, Timer>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, or when `close` is called; at once if it was called before. */
  wait(delayMs: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(delayMs, () => {
        this.#pending.delete(resolve);
        resolve();
      });
      this.#pending.set(resolve, timer);
    });
  }

  /** Ends all waits now, in the order in which they began. */
  close(): void {
    this.#isClosed = true;
    for (const [resolve, timer] of this.#pending) {
      timer.cancel();
      resolve();
    }
    this.#pending.clear();
  }
}
