// What a service on top of Raft is, wherever it runs: in production, on the lab's cluster, in a simulation.
import { appliedIndexOf, type ApplyMsg, type LogIndex, type Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/** The place of a command in the log. Index and term together identify a proposal: `start` returned the same pair. */
export interface LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
}

/**
 * A deterministic service: its state and its results follow from the commands that it applied and their order, and from
 * nothing else, neither a clock nor chance nor the server that it runs on.
 */
export interface StateMachine<Command = unknown, Result = unknown> {
  /** Executes a committed command. Every server does so, in the order of the log; `at` never falls. */
  apply(command: Command, at: LogPosition): Result;
  /** The whole state after the last command that was applied. The caller may keep the bytes. */
  snapshot(): Uint8Array;
  /** Replaces the whole state by that of a snapshot, of this server or of another one. */
  restore(snapshot: Uint8Array): void;
}

/**
 * Carries one message of the apply channel out on a machine, and returns the result of a command. A noop changes nothing and, like
 * a snapshot, has no result.
 */
export function applyMessage<Command, Result>(
  machine: StateMachine<Command, Result>,
  message: ApplyMsg<Command>,
): Result | undefined {
  const index = appliedIndexOf(message);
  assert(index >= 1, () => `a message for index ${index}; the first one is 1`);
  if (message.commandValid) {
    return machine.apply(message.command, { index, term: message.commandTerm });
  }
  if (message.snapshotValid) machine.restore(message.snapshot);
  return undefined;
}
