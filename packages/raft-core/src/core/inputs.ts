// Everything that can happen to a server.
import type { LogIndex, Message, ServerId, Term } from '@raftlab/protocol';

/** The term and the end of the log when a write was given out: what the write proves once it is durable. */
export interface DurablePoint {
  readonly currentTerm: Term;
  readonly lastLogIndex: LogIndex;
  readonly lastLogTerm: Term;
}

/** One event for one server. The core handles one at a time, in the order in which they happened there. */
export type Input =
  /** A message of another server of the cluster arrived. */
  | { readonly kind: 'message'; readonly from: ServerId; readonly message: Message }
  /** New commands for the log, already encoded. Only a leader takes them; for others it is a bug of the caller. */
  | { readonly kind: 'propose'; readonly commands: readonly Uint8Array[] }
  /**
   * The service wants to read (thesis 6.4); the output `reads` names the index, or refuses. `id` is unique among the reads of
   * this server, also those of its earlier lives: a late answer of the leader is known by it. A read that avoids leases is
   * confirmed by a round even while the leader has a lease.
   */
  | { readonly kind: 'read'; readonly id: number; readonly avoidsLease?: boolean }
  /** The service wants another voter to lead, `to` or the most up-to-date one (thesis 3.10); `transferEnded` reports the end. */
  | { readonly kind: 'transfer'; readonly to: ServerId | undefined }
  /** Time has passed: what the last outputs called `wakeAt` has come. Too early or too late does no harm. */
  | { readonly kind: 'tick' }
  /** The write that proves this point, and every earlier one, is durable. */
  | ({ readonly kind: 'persisted' } & DurablePoint)
  /** The message with this ticket got no reply. Optional: without it lost messages are noticed a heartbeat later. */
  | { readonly kind: 'unreachable'; readonly peer: ServerId; readonly ticket: number }
  /** The service has a snapshot of its state after the entry at `lastIncludedIndex`. */
  | { readonly kind: 'compact'; readonly lastIncludedIndex: LogIndex; readonly data: Uint8Array }
  /** The storage has stored the bytes of a received snapshot ahead, which the output `stage` asked for. */
  | { readonly kind: 'staged'; readonly data: Uint8Array };
