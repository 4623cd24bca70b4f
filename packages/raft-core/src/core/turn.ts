// What one step works on: the state, the time, and the outputs as they grow.
import type { Random } from '@raftlab/runtime';
import type { LogEntry, LogIndex, ServerId, Snapshot } from '@raftlab/protocol';
import type { RaftConfig } from './config.ts';
import type { Message } from './inputs.ts';
import type { Applicable, Envelope, RoleChange } from './outputs.ts';
import type { RaftState } from './state.ts';

export interface Turn {
  readonly state: RaftState;
  readonly config: RaftConfig;
  readonly random: Random;
  readonly now: number;

  isHardStateChanged: boolean;
  logChange: { readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] } | undefined;
  newSnapshot: Snapshot | undefined;
  /** Whether the write of what the step changed may wait for the end of the turn: only a leader's new entries may. */
  mayWait: boolean;
  readonly send: Envelope[];
  readonly sendAfterPersist: Envelope[];
  readonly apply: Applicable[];
  roleChange: RoleChange | undefined;
}

/** Answers a request. Every reply waits for storage: it promises a term, a vote or entries. */
export function reply(turn: Turn, to: ServerId, message: Message): void {
  turn.sendAfterPersist.push({ to, message, ticket: 0 });
}

/** Hands the service what is committed and was not handed over yet (Figure 2, Rules for Servers, All Servers 1). */
export function applyCommitted(turn: Turn): void {
  const { state } = turn;
  if (state.commitIndex === state.lastApplied) return;
  const firstIndex = state.lastApplied + 1;
  turn.apply.push({ kind: 'entries', firstIndex, entries: state.log.slice(firstIndex, state.commitIndex) });
  state.lastApplied = state.commitIndex;
}
