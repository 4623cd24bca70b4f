// What Raft hands to its service, in order, one at a time. The field names are the lab's, as far as the lab has them.
import type { Term } from './log-entry.ts';
import type { LogIndex } from './messages.ts';

/** A committed command. */
export interface CommandMsg<Command> {
  readonly commandValid: true;
  readonly snapshotValid: false;
  /** Decoded afresh for this message: the service may keep it and change it. */
  readonly command: Command;
  readonly commandIndex: LogIndex;
  /** With commandIndex it identifies the proposal: `start` returned the same pair. */
  readonly commandTerm: Term;
}

/** A snapshot that replaces the service's state. */
export interface SnapshotMsg {
  readonly commandValid: false;
  readonly snapshotValid: true;
  readonly snapshot: Uint8Array;
  readonly snapshotTerm: Term;
  readonly snapshotIndex: LogIndex;
}

/**
 * A committed noop (§8). The service has nothing to do, but the index is used: the next message is for the one after it,
 * and a proposal that was waiting for this index is lost. Only where the configuration says that leaders append noops.
 */
export interface NoopMsg {
  readonly commandValid: false;
  readonly snapshotValid: false;
  readonly noopIndex: LogIndex;
  /** The term of the leader that appended it. */
  readonly noopTerm: Term;
}

/** The messages that the lab has: all that comes where no leader appends noops. */
export type LabApplyMsg<Command = unknown> = CommandMsg<Command> | SnapshotMsg;

/**
 * A message for the service. Commands and noops come in the order of their indexes, without a gap but for those that a
 * snapshot covers.
 */
export type ApplyMsg<Command = unknown> = LabApplyMsg<Command> | NoopMsg;

/** The index up to which the service has applied the log once it has taken the message. */
export function appliedIndexOf(message: ApplyMsg): LogIndex {
  if (message.commandValid) return message.commandIndex;
  return message.snapshotValid ? message.snapshotIndex : message.noopIndex;
}
