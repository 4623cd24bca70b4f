// The one source of time. Everything that waits, anywhere in the repository, waits on a Clock that was handed to it.

/** A timer that has not fired yet. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The part of an AbortSignal that a sleep needs, so that packages without ambient types can name it. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Clock {
  /** Milliseconds since an arbitrary start, fractions included. Never goes back. */
  now(): number;

  /** Calls `callback` once, at least `delayMs` milliseconds from now. Equal times fire in order of creation. */
  setTimer(delayMs: number, callback: () => void): Timer;

  /** Resolves after `delayMs` milliseconds; rejects with the signal's reason as soon as the signal aborts. */
  sleep(delayMs: number, signal?: CancelSignal): Promise<void>;

  /** Calls `callback` after the current turn and the promise work it caused, and before any timer. */
  defer(callback: () => void): void;

  /**
   * Resolves after the promise work that waits already, and no time passes. Work that goes on and on in promises alone must
   * pass here: real time lets the event loop turn when it has been held for long.
   */
  breathe(): Promise<void>;

  /**
   * Passes `promise` through, and names what it stands for as long as it is pending: a virtual clock that runs out of
   * timers lists these names. `describe` is only called when such a report is written.
   */
  watch<T>(promise: Promise<T>, describe: () => string): Promise<T>;
}

/** What work that need not wait is given to await. */
export const settled: Promise<void> = Promise.resolve();

/** Throws a RangeError that names the bad delay; a NaN or negative delay is a bug of the caller, never a default. */
export function checkDelay(delayMs: number): void {
  if (!(delayMs >= 0 && delayMs < Infinity)) {
    throw new RangeError(`A delay must be a finite number of milliseconds, 0 or more; got ${delayMs}.`);
  }
}

/** `Clock.sleep` for a clock that has `setTimer`: one timer, cancelled as soon as the signal aborts. */
export function sleepOn(
  clock: Pick<Clock, 'setTimer'>,
  delayMs: number,
  signal?: CancelSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(asError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(asError(signal?.reason));
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(`aborted: ${String(reason)}`);
}
