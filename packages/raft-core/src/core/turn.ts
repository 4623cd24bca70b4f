// What one step works on: the state, the time, and the outputs as they grow.
import type { Random } from '@raftlab/runtime';
import type { LogEntry, LogIndex, ReplyMessage, ServerId, Snapshot } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { RaftConfig } from './config.ts';
import type { Applicable, Envelope, LostLog, ReadOutcome, RoleChange, TransferEnd } from './outputs.ts';
import type { RaftState } from './state.ts';

/** One step in progress. */
export interface Turn {
  readonly state: RaftState;
  readonly config: RaftConfig;
  readonly random: Random;
  readonly now: number;
  /** Whether the storage stores the bytes of snapshots ahead. */
  readonly stagesSnapshots: boolean;

  isHardStateChanged: boolean;
  logChange: { readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] } | undefined;
  newSnapshot: Snapshot | undefined;
  /** Whether the write of what the step changed may wait for the end of the turn: only a leader's new entries may. */
  mayWait: boolean;
  readonly send: Envelope[];
  readonly sendAfterPersist: Envelope[];
  readonly apply: Applicable[];
  roleChange: RoleChange | undefined;
  readonly reads: ReadOutcome[];
  transferEnded: TransferEnd | undefined;
  lostLog: LostLog | undefined;
  stage: Uint8Array | undefined;
}

/**
 * Appends a leader's own entries to its log. They leave at the end of the turn, in one message for each follower, and are
 * written then, in one write.
 */
export function appendOwn(turn: Turn, entries: readonly LogEntry[]): void {
  const { log, standing, currentTerm } = turn.state;
  assert(standing.role === 'leader', () => `a ${standing.role} has no entries of its own to append`);
  assert(turn.logChange === undefined, 'a step changes the log once');
  for (const { term } of entries)
    assert(term === currentTerm, () => `an own entry of term ${term} in term ${currentTerm}`);
  turn.logChange = { firstIndex: log.lastIndex + 1, entries };
  turn.mayWait = true;
  log.append(entries);
}

/** Answers a request. Every reply waits for storage: it promises a term, a vote or entries. */
export function reply(turn: Turn, to: ServerId, message: ReplyMessage): void {
  assert(to !== turn.state.me, 'a server does not answer itself');
  turn.sendAfterPersist.push({ to, message, ticket: 0, isUrgent: true });
}

/** Hands the service what is committed and was not handed over yet (Figure 2, Rules for Servers, All Servers 1). */
export function applyCommitted(turn: Turn): void {
  const { state } = turn;
  if (state.commitIndex === state.lastApplied) return;
  assert(state.lastApplied < state.commitIndex, 'applied what is not committed');
  const firstIndex = state.lastApplied + 1;
  turn.apply.push({ kind: 'entries', firstIndex, entries: state.log.slice(firstIndex, state.commitIndex) });
  state.lastApplied = state.commitIndex;
  assert(firstIndex <= state.lastApplied, 'at least one entry is applied');
}
