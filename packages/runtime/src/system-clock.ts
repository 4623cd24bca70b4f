// Node's own time. The only file of the repository that touches a real timer or the real clock.
import { checkDelay, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';

/** Node counts in whole milliseconds, up to this many; a longer delay would become 1. */
const longestTimeoutMs = 2 ** 31 - 1;

/** After so long no further deferred callback begins in a turn of the event loop: sockets and timers get theirs. */
const deferredTurnMaxMs = 4;

/**
 * Real time. Deferred callbacks let the event loop breathe (setImmediate); those that wait when a timer comes up still run
 * before it. What they defer in turn may run after it, so that a chain of them cannot starve the timers.
 */
export class SystemClock implements Clock {
  #deferred: Array<() => void> = [];
  #isImmediateSet = false;

  now(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    checkDelay(delayMs);
    let isCancelled = false;
    let timeout: NodeJS.Timeout;
    const fire = (): void => {
      if (!isCancelled) callback();
    };
    const comeUp = (): void => {
      if (this.#deferred.length === 0) {
        fire();
        return;
      }
      // A tick that is queued from a microtask: after the promise work that the deferred callbacks cause.
      queueMicrotask(() => process.nextTick(fire));
      this.#runDeferred();
    };
    const wait = (restMs: number): void => {
      const stepMs = Math.min(restMs, longestTimeoutMs);
      timeout = setTimeout(stepMs < restMs ? () => wait(restMs - stepMs) : comeUp, stepMs);
    };
    // Node drops the fractions, both of the delay and of the present time: it would fire up to 2 ms early.
    wait(delayMs === 0 ? 0 : Math.ceil(delayMs) + 1);
    return {
      cancel() {
        isCancelled = true;
        clearTimeout(timeout);
      },
    };
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
    if (this.#isImmediateSet) return;
    this.#isImmediateSet = true;
    setImmediate(() => {
      this.#isImmediateSet = false;
      this.#runDeferred(this.now() + deferredTurnMaxMs);
    });
  }

  watch<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  /**
   * Runs what was deferred up to now, as far as there is time; what these callbacks defer waits for the next turn, behind
   * those that are left over.
   */
  #runDeferred(turnEndsAt = Infinity): void {
    if (this.#deferred.length === 0) return;
    const callbacks = this.#deferred;
    this.#deferred = [];
    let doneCount = 0;
    try {
      for (const callback of callbacks) {
        doneCount += 1;
        callback();
        if (this.now() >= turnEndsAt) break;
      }
    } finally {
      // Also when one has thrown, the rest is still owed its turn; the error goes on to whoever called us.
      const [first, ...others] = callbacks.slice(doneCount);
      if (first !== undefined) {
        const deferredMeanwhile = this.#deferred;
        this.#deferred = [];
        this.defer(first);
        this.#deferred = this.#deferred.concat(others, deferredMeanwhile);
      }
    }
  }
}
