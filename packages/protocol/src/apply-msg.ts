// What Raft hands to its service, in order, one at a time. The field names are the lab's.
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

export type ApplyMsg<Command = unknown> = CommandMsg<Command> | SnapshotMsg;
