// Node's own time. The only file of the repository that touches a real timer or the real clock.
import { checkDelay, settled, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';

/** Node counts in whole milliseconds, up to this many; a longer delay would become 1. */
const longestTimeoutMs = 2 ** 31 - 1;

/** After so long nothing further begins in a turn of the event loop: sockets and timers get theirs. */
const turnMaxMs = 4;

/**
 * Real time. Deferred callbacks let the event loop breathe (setImmediate); those that wait when a timer comes up still run
 * before it. What they defer in turn may run after it, so that a chain of them cannot starve the timers.
 */
export class SystemClock implements Clock {
  #deferred: Array<() => void> = [];
  /** Timers that came up while callbacks were waiting, and wait behind these. */
  readonly #due: Array<() => void> = [];
  /** So many callbacks run before the first of `#due`; undefined until the turn that counts them. */
  #aheadOfDue: number | undefined;
  #isImmediateSet = false;
  /** How long promise work may go on in this turn; undefined until it breathes. */
  #breathUntil: number | undefined;
  /** What breathes after that waits for another turn. */
  #nextBreath: Promise<void> | undefined;

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
      if (this.#deferred.length === 0 && this.#due.length === 0) {
        fire();
        return;
      }
      if (this.#due.push(fire) === 1) this.#aheadOfDue = this.#deferred.length;
      this.#scheduleTurn();
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
    this.#scheduleTurn();
  }

  breathe(): Promise<void> {
    const now = this.now();
    if (this.#breathUntil === undefined) {
      this.#breathUntil = now + turnMaxMs;
      setImmediate(() => {
        this.#breathUntil = undefined;
      });
    }
    if (now < this.#breathUntil) return settled;
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

  #scheduleTurn(): void {
    if (this.#isImmediateSet) return;
    this.#isImmediateSet = true;
    setImmediate(() => {
      this.#isImmediateSet = false;
      try {
        this.#runTurn();
      } finally {
        if (this.#deferred.length > 0 || this.#due.length > 0) this.#scheduleTurn();
      }
    });
  }

  /** A timer has a turn of its own: all promise work of what ran before it is done, and its own before what comes next. */
  #runTurn(): void {
    const [fire] = this.#due;
    if (fire === undefined) {
      this.#runDeferred(this.#deferred.length);
      return;
    }
    this.#aheadOfDue ??= this.#deferred.length;
    if (this.#aheadOfDue > 0) {
      this.#runDeferred(this.#aheadOfDue);
      return;
    }
    this.#due.shift();
    this.#aheadOfDue = undefined;
    fire();
  }

  /** Runs the first `count` as far as there is time. What they defer waits, behind those that are left over. */
  #runDeferred(count: number): void {
    const callbacks = this.#deferred;
    this.#deferred = [];
    const turnEndsAt = this.now() + turnMaxMs;
    let doneCount = 0;
    try {
      while (doneCount < count) {
        const callback = callbacks[doneCount];
        doneCount += 1;
        callback?.();
        if (this.now() >= turnEndsAt) break;
      }
    } finally {
      // Also when one has thrown, the rest is still owed its turn; the error goes on to whoever called us.
      if (doneCount < callbacks.length) this.#deferred = [...callbacks.slice(doneCount), ...this.#deferred];
      if (this.#aheadOfDue !== undefined) this.#aheadOfDue -= doneCount;
    }
  }
}
