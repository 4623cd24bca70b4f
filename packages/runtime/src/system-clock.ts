// Real time. The only file of the repository that uses Node's timers and its clock.
import { assert } from './assert.ts';
import { checkDelay, resolved, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';

/** The longest delay of Node's setTimeout, in milliseconds: a longer one would become 1. */
const nodeTimeoutMaxMs = 2 ** 31 - 1;

/** No further callback is started in an iteration of the event loop after this time: sockets and timers come next. */
const iterationMaxMs = 4;

/**
 * The clock of the process: `now` is `performance.now()`, timers are Node's, deferred callbacks run in `setImmediate`.
 *
 * It differs from the general contract of Clock in one respect, so that a chain of callbacks that defer each other cannot
 * starve the timers: callbacks that were deferred before a timer became due run before it; those that they defer in turn may
 * run after it. Deferred callbacks are started for at most 4 ms in one iteration of the event loop; the others keep their
 * order and run in the next.
 */
export class SystemClock implements Clock {
  #deferred: Array<() => void> = [];
  /** Timers that became due while deferred callbacks were waiting. They run one at a time, after these callbacks. */
  readonly #dueTimers: Array<() => void> = [];
  /** How many of `#deferred` run before the first of `#dueTimers`. Undefined until they are counted. */
  #countBeforeDueTimer: number | undefined;
  #isIterationScheduled = false;
  /** Until when `breathe` resolves at once in this iteration. Undefined until the first `breathe` of an iteration. */
  #breatheFreelyUntil: number | undefined;
  /** What `breathe` returns after that time. Resolves in the next iteration. */
  #nextBreath: Promise<void> | undefined;

  now(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    checkDelay(delayMs);
    let isCancelled = false;
    let timeout: NodeJS.Timeout;
    const becomeDue = (): void => {
      if (this.#deferred.length === 0 && this.#dueTimers.length === 0) {
        callback();
        return;
      }
      const dueCount = this.#dueTimers.push(() => {
        if (!isCancelled) callback();
      });
      if (dueCount === 1) this.#countBeforeDueTimer = this.#deferred.length;
      this.#scheduleIteration();
    };
    // Node truncates both the delay and the current time to whole milliseconds, and so fires up to 2 ms early.
    const wholeMs = delayMs === 0 ? 0 : Math.ceil(delayMs) + 1;
    if (wholeMs <= nodeTimeoutMaxMs) timeout = setTimeout(becomeDue, wholeMs);
    else {
      const wait = (restMs: number): void => {
        const stepMs = Math.min(restMs, nodeTimeoutMaxMs);
        timeout = setTimeout(stepMs < restMs ? () => wait(restMs - stepMs) : becomeDue, stepMs);
      };
      wait(wholeMs);
    }
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
    this.#scheduleIteration();
  }

  breathe(): Promise<void> {
    const now = this.now();
    if (this.#breatheFreelyUntil === undefined) {
      this.#breatheFreelyUntil = now + iterationMaxMs;
      setImmediate(() => {
        this.#breatheFreelyUntil = undefined;
      });
    }
    if (now < this.#breatheFreelyUntil) return resolved;
    this.#nextBreath ??= new Promise((resolve) => {
      this.defer(() => {
        this.#nextBreath = undefined;
        resolve();
      });
    });
    return this.#nextBreath;
  }

  watch<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  #scheduleIteration(): void {
    if (this.#isIterationScheduled) return;
    this.#isIterationScheduled = true;
    setImmediate(() => {
      this.#isIterationScheduled = false;
      try {
        this.#runIteration();
      } finally {
        if (this.#deferred.length > 0 || this.#dueTimers.length > 0) this.#scheduleIteration();
      }
    });
  }

  /** A due timer gets an iteration of its own, so that promise callbacks run to their end before it and after it. */
  #runIteration(): void {
    const [fire] = this.#dueTimers;
    if (fire === undefined) {
      this.#runDeferred(this.#deferred.length);
      return;
    }
    this.#countBeforeDueTimer ??= this.#deferred.length;
    if (this.#countBeforeDueTimer > 0) {
      this.#runDeferred(this.#countBeforeDueTimer);
      return;
    }
    this.#dueTimers.shift();
    this.#countBeforeDueTimer = undefined;
    fire();
  }

  /** Runs the first `count` deferred callbacks, or as many of them as there is time for. */
  #runDeferred(count: number): void {
    assert(count <= this.#deferred.length, () => `${count} callbacks of ${this.#deferred.length} are to run`);
    const callbacks = this.#deferred;
    this.#deferred = [];
    const endAt = this.now() + iterationMaxMs;
    let doneCount = 0;
    try {
      while (doneCount < count) {
        const callback = callbacks[doneCount];
        doneCount += 1;
        callback?.();
        if (this.now() >= endAt) break;
      }
    } finally {
      // Also after an error, which is then an uncaught exception: the remaining callbacks run in the next iteration.
      if (doneCount < callbacks.length) this.#deferred = [...callbacks.slice(doneCount), ...this.#deferred];
      if (this.#countBeforeDueTimer !== undefined) this.#countBeforeDueTimer -= doneCount;
    }
  }
}
