// Everything that a server can ask of its surroundings. The outputs are complete: a driver needs neither the state nor the
// input to carry them out.
import type { WriteBatch } from '@raftlab/storage';
import type { LogEntry, LogIndex, Message, ServerId, Snapshot, Term } from '@raftlab/protocol';
import type { DurablePoint } from './inputs.ts';
import type { Role } from './state.ts';

/** One change to stable storage. Changes are written in the order in which they are given out. */
export interface Persist {
  readonly batch: WriteBatch;
  /** What the input `persisted` reports once this batch, and every earlier one, is durable. */
  readonly proves: DurablePoint;
  /**
   * Whether the write may wait for the end of the turn, to be joined with what else the turn brings. Only new entries of
   * a leader may: nothing is promised to another server until they are durable, and nothing in `sendAfterPersist` of the
   * same outputs depends on them. Then the batch has a log part and no other.
   */
  readonly mayWait: boolean;
}

/** A message with its receiver. */
export interface Envelope {
  readonly to: ServerId;
  readonly message: Message;
  /** Names this message in an `unreachable` input. 0 for messages whose loss needs no report. */
  readonly ticket: number;
  /**
   * Whether the message should overtake those that are not urgent: it is small, and an election may depend on it. Entries and
   * chunks of snapshots are not urgent. Those of one receiver should keep their order among themselves; messages that do
   * not are as good, but may be sent twice.
   */
  readonly isUrgent: boolean;
}

/** What the service receives next: committed entries, or a snapshot that replaces its state. */
export type Applicable =
  | { readonly kind: 'entries'; readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot };

/** The role that a server took on in the step, and the term in which it has it. */
export interface RoleChange {
  readonly role: Role;
  readonly term: Term;
}

/**
 * Why a read has no index: no leader is known or it was lost; the leader has not answered for an election timeout; too many reads
 * wait. The reader may try again.
 */
export type ReadRefusal = 'no-leader' | 'unanswered' | 'busy';

/** The end of a read: the service may read once it has applied the entry at `readIndex` (thesis 6.4). */
export type ReadOutcome =
  | { readonly id: number; readonly kind: 'ready'; readonly readIndex: LogIndex }
  | { readonly id: number; readonly kind: 'refused'; readonly reason: ReadRefusal };

/**
 * How a transfer ended: this server follows a later term (`stepped-down`), has given up and leads on (`gave-up`), was no leader
 * (`not-leader`), or there is no other voter (`no-target`).
 */
export type TransferEnd = 'stepped-down' | 'gave-up' | 'not-leader' | 'no-target';

/**
 * A follower has lost entries that it acknowledged in this term: its storage is empty, or an older copy. It may have forgotten
 * its vote too, so that it could vote twice in a term. It is a fault that Raft does not tolerate (Figure 2, persistent state).
 */
export interface LostLog {
  readonly server: ServerId;
  /** The last index that it acknowledged. */
  readonly acknowledgedIndex: LogIndex;
  /** It has no entries after this index that agree with the leader's. */
  readonly lastIndex: LogIndex;
}

/** What one step asks for. The fields are in the order in which they must be carried out; `Driver` does it. */
export interface Outputs {
  /** To be made durable, after everything that was given out before. */
  readonly persist: Persist | undefined;
  /** May leave at once. */
  readonly send: readonly Envelope[];
  /** May leave only when this persist, and every earlier one, is durable. */
  readonly sendAfterPersist: readonly Envelope[];
  /** For the service, in order. */
  readonly apply: readonly Applicable[];
  readonly roleChange: RoleChange | undefined;
  /** Reads that have ended, in the order in which they were asked for. */
  readonly reads: readonly ReadOutcome[];
  readonly transferEnded: TransferEnd | undefined;
  /** To be reported: it needs an operator. */
  readonly lostLog: LostLog | undefined;
  /**
   * The bytes of a snapshot of the leader, which the storage should store ahead; the input `staged` reports that it has. Only on a
   * server that stages snapshots. The write with the snapshot is short then, and so are the answers that wait for it.
   */
  readonly stage: Uint8Array | undefined;
  /** When to `tick` next; now or earlier means: at the end of this turn, so that what the turn brings goes together. */
  readonly wakeAt: number;
}
