// Everything that can happen to a server.
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  InstallSnapshotArgs,
  InstallSnapshotReply,
  LogIndex,
  RequestVoteArgs,
  RequestVoteReply,
  ServerId,
  Term,
} from '@raftlab/protocol';

export type Message =
  | { readonly kind: 'requestVote'; readonly args: RequestVoteArgs }
  | { readonly kind: 'requestVoteReply'; readonly reply: RequestVoteReply }
  | { readonly kind: 'appendEntries'; readonly args: AppendEntriesArgs }
  | { readonly kind: 'appendEntriesReply'; readonly reply: AppendEntriesReply }
  | { readonly kind: 'installSnapshot'; readonly args: InstallSnapshotArgs }
  | { readonly kind: 'installSnapshotReply'; readonly reply: InstallSnapshotReply };

export type Input =
  | { readonly kind: 'message'; readonly from: ServerId; readonly message: Message }
  /** New commands for the log, already encoded. Only a leader takes them; for others it is a bug of the caller. */
  | { readonly kind: 'propose'; readonly commands: readonly Uint8Array[] }
  /** Time has passed: what the last outputs called `wakeAt` has come. Too early or too late does no harm. */
  | { readonly kind: 'tick' }
  /**
   * Stable storage holds everything that was given out to persist up to the moment when `currentTerm` was the term and
   * the log ended with `lastLogIndex` of `lastLogTerm`.
   */
  | {
      readonly kind: 'persisted';
      readonly currentTerm: Term;
      readonly lastLogIndex: LogIndex;
      readonly lastLogTerm: Term;
    }
  /** The message with this ticket got no reply. Optional: without it lost messages are noticed a heartbeat later. */
  | { readonly kind: 'unreachable'; readonly peer: ServerId; readonly ticket: number }
  /** The service has a snapshot of its state after the entry at `lastIncludedIndex`. */
  | { readonly kind: 'compact'; readonly lastIncludedIndex: LogIndex; readonly data: Uint8Array };
