// What the calls of a client take beside their arguments.
import type { ReadLevel } from '@raftlab/rsm';
import type { CancelSignal } from '@raftlab/runtime';

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with a ClerkAbortedError. Without it a call waits as long as there is no leader. */
  readonly signal?: CancelSignal | undefined;
}

/** What every read takes. */
export interface ReadOptions extends CallOptions {
  /** `linearizable` unless set. */
  readonly level?: ReadLevel | undefined;
}
