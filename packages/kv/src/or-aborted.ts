// Waiting that a signal can end.
import type { CancelSignal } from '@raftlab/runtime';

/** What is waited for, and what an abort makes of it. */
export interface Wait<Value> {
  /** Starts what settles the promise, and returns how to end that. Not called when the signal is aborted already. */
  readonly begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => () => void;
  /** What the promise rejects with when the signal is aborted, for the reason of the signal. */
  readonly errorOf: (reason: unknown) => Error;
}

/** A promise that rejects when the signal is aborted before `begin` has settled it. */
export function orAborted<Value>(
  signal: CancelSignal | undefined,
  { begin, errorOf }: Wait<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(errorOf(signal.reason));
      return;
    }
    const cancel = begin(signal === undefined ? resolve : settle, (error) => {
      signal?.removeEventListener('abort', onAbort);
      cancel();
      reject(error);
    });
    function settle(value: Value): void {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    }
    function onAbort(): void {
      cancel();
      reject(errorOf(signal?.reason));
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
