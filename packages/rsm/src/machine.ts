// What a service is that can be replicated and read.
import type { StateMachine } from '@raftlab/raft-core';

/**
 * A deterministic state machine whose state can be read without changing it. One with a large state also has `snapshotPieces` and
 * `restoreSteps`, so that the server goes on while a snapshot is taken or installed.
 */
export interface QueryableMachine<Command, Result, Query, Answer> extends StateMachine<Command, Result> {
  /** Reads the present state. Must not change it: a query runs on one server only. */
  query(query: Query): Answer;
  /**
   * What `snapshot` returns, in pieces that take a few milliseconds at most to make. They are of the state at the time of the call,
   * although commands are executed before the last piece is made.
   */
  snapshotPieces?(): Iterable<Uint8Array>;
  /**
   * As `restore`, in steps of a few milliseconds. The last one replaces the state: before it, and for good when a step throws or no
   * more are taken, the machine has its old state.
   */
  restoreSteps?(snapshot: Uint8Array): Iterable<void>;
}

/** The pieces of a snapshot of the present state: one for a machine that makes it in one piece. */
export function piecesOf(
  machine: Pick<QueryableMachine<never, unknown, never, unknown>, 'snapshot' | 'snapshotPieces'>,
): Iterable<Uint8Array> {
  return machine.snapshotPieces?.() ?? [machine.snapshot()];
}

/** The steps that restore a machine: none are left for a machine that is restored at once. */
export function restoreStepsOf(
  machine: Pick<QueryableMachine<never, unknown, never, unknown>, 'restore' | 'restoreSteps'>,
  snapshot: Uint8Array,
): Iterable<void> {
  if (machine.restoreSteps !== undefined) return machine.restoreSteps(snapshot);
  machine.restore(snapshot);
  return [];
}
