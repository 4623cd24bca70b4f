// The interface of time, and what its implementations share. Code that waits or measures time anywhere in the repository takes
// a Clock as a parameter, so that the same code runs in real and in simulated time.

/** A pending call of `Clock.setTimer`. */
export interface Timer {
  /** Prevents the callback from being called. Does nothing after the callback has been called, or when called again. */
  cancel(): void;
}

/**
 * The part of the standard AbortSignal that `Clock.sleep` uses. Every AbortSignal is one; the type exists so that packages that
 * compile without DOM and Node types can name it.
 */
export interface CancelSignal {
  /** Whether the signal has been aborted. */
  readonly aborted: boolean;
  /** The argument of `AbortController.abort`. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A source of time: real (SystemClock) or simulated (VirtualClock).
 *
 * Every implementation runs callbacks in the same order: the code that is running, then all promise callbacks that it causes,
 * then deferred callbacks, then the next timer. One callback runs at a time. `@raftlab/runtime/compliance` checks this contract.
 * All times and delays are milliseconds and may have fractions.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, never less than an earlier result. Only differences are meaningful. */
  now(): number;

  /**
   * Calls `callback` once, `delayMs` or more milliseconds from now and never before. Timers that are due at the same time fire
   * in the order in which they were set. Throws RangeError unless 0 <= delayMs < Infinity. An error thrown by the callback is
   * not caught: it ends a virtual run, or is an uncaught exception in real time.
   */
  setTimer(delayMs: number, callback: () => void): Timer;

  /**
   * Resolves after `delayMs` milliseconds. When `signal` aborts first, or is aborted already, rejects at once with the signal's
   * reason, or with a SleepAbortedError where the reason is not an Error; the timer is then gone. Rejects with RangeError unless
   * 0 <= delayMs < Infinity.
   */
  sleep(delayMs: number, signal?: CancelSignal): Promise<void>;

  /**
   * Calls `callback` once, after the running code and all promise callbacks that it causes, before any timer, and without time
   * passing on a virtual clock. Deferred callbacks run in the order of the calls.
   */
  defer(callback: () => void): void;

  /**
   * Resolves after the promise callbacks that are already queued. No time passes on a virtual clock. A long chain of promises
   * must await this between its steps: in real time, when the chain has run for several milliseconds, it resolves only in the
   * next iteration of the event loop, so that sockets and timers are served.
   */
  breathe(): Promise<void>;

  /**
   * Returns `promise`, and registers it under a description until it settles. When a virtual run cannot continue, its
   * DeadlockError lists the descriptions of the pending promises. `describe` is called only then. A SystemClock ignores it.
   */
  watch<T>(promise: Promise<T>, describe: () => string): Promise<T>;
}

/** A sleep was aborted by a signal whose reason is not an Error. `cause` is that reason. */
export class SleepAbortedError extends Error {
  override readonly name: string = 'SleepAbortedError';

  constructor(reason: unknown) {
    super(`The sleep was aborted by its signal, with the reason ${String(reason)}.`, { cause: reason });
  }
}

/** A promise that is resolved already. Awaiting it runs the promise callbacks that are queued before it. */
export const resolved: Promise<void> = Promise.resolve();

/** Throws a RangeError unless 0 <= delayMs < Infinity. A bad delay is never replaced by a default: it is a bug of the caller. */
export function checkDelay(delayMs: number): void {
  if (!(delayMs >= 0 && delayMs < Infinity)) {
    throw new RangeError(`A delay must be a finite number of milliseconds, 0 or more; got ${delayMs}.`);
  }
}

/** `Clock.sleep` for every clock that has `setTimer`: one timer, cancelled when the signal aborts. */
export function sleepOn(
  clock: Pick<Clock, 'setTimer'>,
  delayMs: number,
  signal?: CancelSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(abortError(signal?.reason));
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new SleepAbortedError(reason);
}
