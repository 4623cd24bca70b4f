// Everything that a server can want from the world. The fields are in the order in which they must be honoured: what is
// to be persisted is handed to storage before anything that depends on it leaves.
import type { WriteBatch } from '@raftlab/persister';
import type { LogEntry, LogIndex, ServerId, Snapshot, Term } from '@raftlab/protocol';
import type { Message } from './inputs.ts';
import type { Role } from './state.ts';

export interface Envelope {
  readonly to: ServerId;
  readonly message: Message;
  /** Names this message in an `unreachable` input. 0 for messages whose loss needs no report. */
  readonly ticket: number;
}

export type Applicable =
  | { readonly kind: 'entries'; readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot };

export interface RoleChange {
  readonly role: Role;
  readonly term: Term;
}

export interface Outputs {
  /** To be made durable, after everything that was given out before. */
  readonly persist: WriteBatch | undefined;
  /** May leave at once. */
  readonly send: readonly Envelope[];
  /** May leave only when this persist, and every earlier one, is durable. */
  readonly sendAfterPersist: readonly Envelope[];
  /** For the service, in order. */
  readonly apply: readonly Applicable[];
  readonly roleChange: RoleChange | undefined;
  /** When to `tick` next; now or earlier means: at the end of this turn, so that what the turn brings goes together. */
  readonly wakeAt: number;
}
