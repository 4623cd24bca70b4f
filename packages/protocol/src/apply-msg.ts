// The messages of Raft to its service, in order, one at a time. Field names are the lab's where the lab has the field.
import type { Term } from './log-entry.ts';
import type { LogIndex } from './messages.ts';

/** A committed command. */
export interface CommandMsg<Command> {
  readonly commandValid: true;
  readonly snapshotValid: false;
  /** Decoded for this message only: the service may keep and change it. */
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
 * A committed noop (§8). The service has nothing to apply, but the index is used: the next message has the next index,
 * and a proposal that was waiting for this index is lost. Only sent if the configuration has leaders append noops.
 */
export interface NoopMsg {
  readonly commandValid: false;
  readonly snapshotValid: false;
  readonly noopIndex: LogIndex;
  /** The term of the leader that appended it. */
  readonly noopTerm: Term;
}

/** The messages that the lab has: all messages if no leader appends noops. */
export type LabApplyMsg<Command = unknown> = CommandMsg<Command> | SnapshotMsg;

/**
 * A message for the service. Commands and noops come in the order of their indexes, without gaps except for those that a
 * snapshot covers.
 */
export type ApplyMsg<Command = unknown> = LabApplyMsg<Command> | NoopMsg;

/** The index up to which the service has applied the log after this message. */
export function appliedIndexOf(message: ApplyMsg): LogIndex {
  if (message.commandValid) return message.commandIndex;
  return message.snapshotValid ? message.snapshotIndex : message.noopIndex;
}
