// Where calls wait that cannot be delivered, until they fail. It can be closed, so that none of them outlives the network.
import type { Clock, Timer } from '@raftlab/runtime';

export class WaitingRoom {
  readonly #clock: Clock;
  /** The timer of each waiting call, by the function that ends its wait. */
  readonly #waiting = new Map<() => void, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, or when the room is emptied. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(delayMs, () => {
        this.#waiting.delete(resolve);
        resolve();
      });
      this.#waiting.set(resolve, timer);
    });
  }

  /** Ends all waits now, in the order in which they began. */
  empty(): void {
    for (const [resolve, timer] of this.#waiting) {
      timer.cancel();
      resolve();
    }
    this.#waiting.clear();
  }
}
