// Small builders for the input of invariants: states of servers, steps between them, messages that are sent.
import type { WriteBatch } from '@raftlab/storage';
import { CommandEntry, Membership, type LogEntry, type Message } from '@raftlab/protocol';
import {
  RaftLog,
  type Applicable,
  type Envelope,
  type Input,
  type Outputs,
  type Persist,
  type RaftState,
} from '@raftlab/raft-core';
import { Ghost } from '#src/ghost';
import { asBefore, Violation, type StepEvent } from '#src/invariant';
import { expect } from 'vitest';

export interface StateSketch {
  /** Three voters by default. */
  readonly membership?: Membership;
  readonly term?: number;
  /** The terms of the entries, from index 1 or from the one after the snapshot. */
  readonly log?: readonly number[];
  /** Instead of `log`, for entries that are not all commands. */
  readonly entries?: readonly LogEntry[];
  readonly snapshot?: { readonly index: number; readonly term: number };
  readonly commitIndex?: number;
  readonly lastApplied?: number;
  readonly votedFor?: number | null;
  readonly role?: 'follower' | 'candidate' | 'leader';
  /** As candidate: the servers that voted for it. */
  readonly votes?: readonly number[];
  /** As follower or candidate. */
  readonly electionDeadline?: number;
  /** As follower: whether it has heard the leader of its term. */
  readonly hearsLeader?: boolean;
  /** As leader: whether it hands its leadership over. */
  readonly isTransferring?: boolean;
  /** As leader: matchIndex by server. */
  readonly matchIndex?: Readonly<Record<number, number>>;
}

/** A command that is equal for equal index and term. */
export const entriesOf = (terms: readonly number[]): LogEntry[] =>
  terms.map((term) => new CommandEntry(term, new Uint8Array([term])));

export function stateOf(sketch: StateSketch): RaftState {
  const { term = 1, log = [], snapshot, commitIndex, role = 'follower', matchIndex = {} } = sketch;
  const { votes = [], electionDeadline = 0, votedFor = null, lastApplied, hearsLeader = false } = sketch;
  const { isTransferring = false } = sketch;
  const { membership = Membership.ofSize(3) } = sketch;
  const raftLog = new RaftLog(
    snapshot && {
      lastIncludedIndex: snapshot.index,
      lastIncludedTerm: snapshot.term,
      data: new Uint8Array(0),
    },
    sketch.entries ?? entriesOf(log),
  );
  const progress = new Map(
    Object.entries(matchIndex).map(([server, index]) => [
      Number(server),
      {
        matchIndex: index,
        nextIndex: index + 1,
        mode: 'replicate' as const,
        probeIndex: 0,
        transfer: undefined,
        inflight: [],
        inflightBytes: 0,
        windowBytes: 1,
        leastDelayMs: 0,
        recentDelayMs: 0,
        periodEndsAt: Infinity,
        narrowedRound: 0,
        overtakenMs: 0,
        suspectedRound: 0,
        suspectedSince: 0,
        commitSent: 0,
        dueAt: 0,
        retryDelayMs: 1,
        lastHeardAt: 0,
        ticket: 1,
        sentAt: 0,
        answeredRound: 1,
        failedRound: 0,
        askedRound: 0,
        courseRound: 0,
        matchRound: 0,
        repeatedIndex: -1,
      },
    ]),
  );
  return {
    me: 0,
    membership,
    currentTerm: term,
    votedFor,
    log: raftLog,
    commitIndex: commitIndex ?? raftLog.lastIncludedIndex,
    lastApplied: lastApplied ?? raftLog.lastIncludedIndex,
    forwardedReads: [],
    incoming: undefined,
    standing: standing(),
  };

  function standing(): RaftState['standing'] {
    if (role === 'leader')
      return {
        role,
        durableIndex: raftLog.lastIndex,
        progress,
        reads: {
          waiting: [],
          round: 0,
          sentAt: -Infinity,
          openRounds: [],
          confirmed: new Map(),
          leaseStart: -Infinity,
        },
        transfer: isTransferring ? { to: 1, endsAt: Infinity, askAt: 0 } : undefined,
        hasAskedToTakeOver: isTransferring,
      };
    if (role === 'candidate') return { role, votes: new Set(votes), electionDeadline, preVotes: undefined };
    const leaderHeardAt = hearsLeader ? 0 : -Infinity;
    return { role, leaderId: undefined, leaderHeardAt, electionDeadline, preVotes: undefined };
  }
}

export interface StepSketch {
  readonly server?: number;
  readonly before?: StateSketch;
  readonly after: StateSketch;
  readonly input?: Input;
  readonly persist?: WriteBatch;
  /** The fields of the write that differ from the state after the step. */
  readonly persistSays?: Partial<Omit<Persist, 'batch'>>;
  readonly apply?: readonly Applicable[];
  /** Replies, which wait for storage. */
  readonly sends?: readonly Envelope[];
  /** What leaves at once. */
  readonly sendsAtOnce?: readonly Envelope[];
  /** The reads that end in the step. */
  readonly reads?: Outputs['reads'];
  /** The server became candidate in the term in which the step ends. */
  readonly becomesCandidate?: boolean;
  /** The server became leader of the term in which the step ends. */
  readonly becomesLeader?: boolean;
  readonly lostLog?: Outputs['lostLog'];
}

export function stepOf(sketch: StepSketch): StepEvent {
  const {
    server = 0,
    after,
    before = after,
    input = { kind: 'tick' },
    persist,
    persistSays,
    apply = [],
    sends = [],
    sendsAtOnce = [],
    reads = [],
    becomesCandidate = false,
    becomesLeader,
    lostLog,
  } = sketch;
  const state = stateOf(after);
  const { currentTerm, log } = state;
  const proves = { currentTerm, lastLogIndex: log.lastIndex, lastLogTerm: log.lastTerm };
  const outputs: Outputs = {
    persist: persist && { batch: persist, proves, mayWait: false, ...persistSays },
    send: sendsAtOnce,
    sendAfterPersist: sends,
    apply,
    lostLog,
    stage: undefined,
    roleChange: roleChange(),
    reads,
    transferEnded: undefined,
    wakeAt: Infinity,
  };
  function roleChange(): Outputs['roleChange'] {
    if (becomesLeader === true) return { role: 'leader', term: state.currentTerm };
    return becomesCandidate ? { role: 'candidate', term: state.currentTerm } : undefined;
  }
  return {
    server,
    input,
    outputs,
    state,
    before: asBefore(stateOf(before)),
  };
}

/** The storage of each server, and the chosen entries. All servers are voters unless a membership is given. */
export function ghostOf(
  durable: readonly StateSketch[],
  chosenTerms: readonly number[] = [],
  membership: Membership = Membership.ofSize(durable.length),
): Ghost {
  const ghost = new Ghost(membership);
  for (const [server, { term = 1, log = [] }] of durable.entries()) {
    ghost.imageOf(server).apply({
      hardState: { currentTerm: term, votedFor: null },
      log: { firstIndex: 1, entries: entriesOf(log) },
    });
  }
  for (const term of chosenTerms) ghost.chosen.push({ term, kind: 'command', committedInTerm: term });
  return ghost;
}

export const envelopeOf = (to: number, message: Envelope['message']): Envelope => ({
  to,
  message,
  ticket: 0,
  isUrgent: true,
});

/** A message from `from`, as an input. */
export const heard = (from: number, message: Message): Input => ({ kind: 'message', from, message });

/** Expects the check to throw a violation with these words in its message. */
export function expectViolation(check: () => void, words: RegExp): void {
  let found: unknown;
  try {
    check();
  } catch (error) {
    found = error;
  }
  if (!(found instanceof Violation)) throw new Error(`expected a violation, got ${String(found)}`);
  expect(found.message).toMatch(words);
}
