// Waiting that a signal can end.
import type { CancelSignal } from '@raftlab/runtime';

/** What is waited for, and what an abort makes of it. */
export interface Wait {
  /** Starts what ends the wait, and returns how to cancel that. Not called when the signal is aborted already. */
  readonly begin: (end: () => void) => () => void;
  /** What the promise rejects with when the signal is aborted, for the reason of the signal. */
  readonly errorOf: (reason: unknown) => Error;
}

/** A promise that rejects when the signal is aborted before `begin` has ended the wait. */
export function orAborted(signal: CancelSignal | undefined, { begin, errorOf }: Wait): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(errorOf(signal.reason));
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(errorOf(signal?.reason));
    };
    const cancel = begin(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
