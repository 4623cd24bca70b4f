// How a submission or a read ends.
import type { ServerId } from '@raftlab/protocol';
import type { LogPosition } from '@raftlab/raft-core';

/**
 * Why there is no result.
 *
 * - `NotLeader`: this server does not lead, or another leader's log has replaced the command. The command is not executed and
 *   never will be; `leader` leads instead, as far as this server knows.
 * - `Unknown`: the command was in this server's log when the server lost the leadership, or stopped. It may be executed or not.
 *   Submit it again in the same session, with the same sequence number.
 * - `Busy`: as many submissions as allowed are pending. The command is not executed; try later.
 * - `TooLarge`: the command is longer than allowed. The command is not executed.
 * - `SessionExpired`: the session is not in the table any more. This submission is not executed; earlier ones of the same
 *   sequence number may have been.
 * - `Superseded`: a later command of the session was executed before. This submission is not executed.
 * - `Stopped`: the server has stopped. The command is not executed.
 */
export type Refusal =
  | { readonly kind: 'NotLeader'; readonly leader?: ServerId }
  | { readonly kind: 'Unknown'; readonly why: 'leadership-lost' | 'covered-by-snapshot' | 'stopped' }
  | { readonly kind: 'Busy'; readonly pendingMax?: number }
  | { readonly kind: 'TooLarge'; readonly sizeBytes: number; readonly maxBytes?: number }
  | { readonly kind: 'SessionExpired' | 'Superseded' | 'Stopped' };

/** The result with the place in the log at which the state had it, or why there is none. */
export type Submission<Result> =
  | { readonly ok: true; readonly result: Result; readonly at: LogPosition }
  | { readonly ok: false; readonly refusal: Refusal };

/** A submission that was refused. */
export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}
