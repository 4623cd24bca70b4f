// What a replicated state machine needs of a Raft peer. `Raft` of @raftlab/raft-core has it, and so has a peer of the lab.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';

/** What `start` of a peer returns. `index` is there when the peer leads and has taken the command. */
export interface PeerStart {
  /** Whether the peer leads and has put the command into its log. */
  readonly isLeader: boolean;
  /** The index of the command, if it is ever committed. */
  readonly index?: LogIndex;
  /** The peer's current term; that of the command when the peer has taken it. */
  readonly term: Term;
  /** Why it has not. A `busy` leader may take the command later, no server takes one that is `too-large`. */
  readonly reason?: string;
}

/** What `readIndex` of a peer resolves to. */
export type PeerReadIndex =
  | { readonly ok: true; readonly index: LogIndex }
  | {
      readonly ok: false;
      /** Why there is no index: `busy`, `killed` and `stopped` as in `start`; after any other the read may be tried again. */
      readonly reason: string;
    };

/** One server of a replicated log of byte strings. All methods return at once. */
export interface Peer {
  /** Proposes a command: if it leads, the command has this index and term if it is ever committed. */
  start(command: Uint8Array): PeerStart;
  /** The current term, and whether the peer believes itself leader. */
  getState(): { readonly term: Term; readonly isLeader: boolean };
  /** The state up to `index` is in `data`, which is not changed afterwards: the log up to there may go. */
  snapshot(index: LogIndex, data: Uint8Array): void;
  /** Whether the last snapshot is still being stored: the next one is taken afterwards. */
  readonly isStoringSnapshot?: boolean;
  /** Stops for good. */
  kill(): void;
  /** As `kill`, and resolves once its storage is released. */
  stop?(): Promise<void>;
  /**
   * Resolves to the index of an entry that is applied after everything that was committed before the call (thesis 6.4). A peer
   * without it has its reads take a place in the log. `avoidsLease`: a majority confirms the leader, lease or not. Resolves as
   * refused when the peer is killed.
   */
  readIndex?(options: { readonly avoidsLease: boolean }): Promise<PeerReadIndex>;
  /** What the peer knows about its cluster: above all the leader of its term, null while none is known. */
  status?(): { readonly leaderId: ServerId | null };
}
