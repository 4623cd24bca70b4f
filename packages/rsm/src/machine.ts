// What a service is that can be replicated and read.
import type { StateMachine } from '@raftlab/raft-core';

/** A deterministic state machine whose state can be read without changing it. */
export interface QueryableMachine<Command, Result, Query, Answer> extends StateMachine<Command, Result> {
  /** Reads the present state. Must not change it: a query runs on one server only. */
  query(query: Query): Answer;
}
