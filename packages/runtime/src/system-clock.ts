// Node's own time. The only file of the repository that touches a real timer or the real clock.
import { checkDelay, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';

/** Real time. Deferred callbacks let the event loop breathe (setImmediate), and still run before any later timer. */
export class SystemClock implements Clock {
  #deferred: Array<() => void> = [];
  #isImmediateSet = false;

  now(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    checkDelay(delayMs);
    // Node drops the fraction of a delay and would fire early.
    const timeout = setTimeout(() => {
      this.#runDeferred();
      callback();
    }, Math.ceil(delayMs));
    return { cancel: () => clearTimeout(timeout) };
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
      this.#runDeferred();
    });
  }

  watch<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  /** Runs what was deferred up to now; what these callbacks defer waits for the next turn. */
  #runDeferred(): void {
    if (this.#deferred.length === 0) return;
    const callbacks = this.#deferred;
    this.#deferred = [];
    for (const [offset, callback] of callbacks.entries()) {
      try {
        callback();
      } catch (error) {
        // The rest is still owed its turn; the error goes on to whoever called us.
        for (const rest of callbacks.slice(offset + 1)) this.defer(rest);
        throw error;
      }
    }
  }
}
