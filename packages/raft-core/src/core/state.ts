// Figure 2's state, in its groups. Plain data, except the log, which guards its own indexes.
import type { StoredState } from '@raftlab/storage';
import type { LogIndex, Membership, ServerId, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { RaftLog } from './log.ts';
import type { Progress } from './progress.ts';

/** The state of one server: Figure 2, with the membership and the role. */
export interface RaftState {
  readonly me: ServerId;
  /** The servers that take part, this one among them; the thesis's configuration (chapter 4). Fixed for now. */
  readonly membership: Membership;

  // Persistent state on all servers.
  /** Latest term the server has seen; never falls. */
  currentTerm: Term;
  /** Candidate that received the vote in currentTerm, or null. Cleared by a higher term, by nothing else. */
  votedFor: ServerId | null;
  readonly log: RaftLog;

  // Volatile state on all servers.
  /** Highest log entry known to be committed; never falls. */
  commitIndex: LogIndex;
  /** Highest log entry handed to the service's queue. lastApplied <= commitIndex. */
  lastApplied: LogIndex;

  /** What a server is, with what only such a server has. */
  standing: Follower | Candidate | Leader;
}

/** A server that follows a leader, or waits for one. */
export interface Follower {
  readonly role: 'follower';
  /** The leader of currentTerm, once it was heard. Undefined again when the election timer fires. */
  leaderId: ServerId | undefined;
  /** When the leader of currentTerm was last heard, in ms; -Infinity if it never was. */
  leaderHeardAt: number;
  /** When it campaigns unless its leader is heard before. Infinity for a learner, which never does. */
  electionDeadline: number;
  /** While it asks whether an election can be won: who would vote for it in the next term, itself included (thesis 9.6). */
  preVotes: Set<ServerId> | undefined;
}

/** A server that asks for votes in currentTerm. */
export interface Candidate {
  readonly role: 'candidate';
  /** Servers that granted their vote in currentTerm; this one only once its own vote is durable. */
  readonly votes: Set<ServerId>;
  electionDeadline: number;
  /** As on a follower: its election has timed out, and it asks before it begins another. Late votes still count. */
  preVotes: Set<ServerId> | undefined;
}

/** Volatile state on leaders. */
export interface Leader {
  readonly role: 'leader';
  /** The own last index that is durable: what counts as this server's matchIndex. */
  durableIndex: LogIndex;
  /** nextIndex and matchIndex of every other member, learners included, with how replication to it stands. */
  readonly progress: ReadonlyMap<ServerId, Progress>;
}

/** The three roles of §5.1. */
export type Role = RaftState['standing']['role'];

/** A follower with what storage contains; everything else begins anew (Figure 2, volatile state). */
export function initialState(
  { me, membership }: Pick<RaftState, 'me' | 'membership'>,
  stored: StoredState | undefined,
  electionDeadline: number,
): RaftState {
  const log = new RaftLog(stored?.snapshot, stored?.entries);
  assert(membership.has(me), () => `server ${me} is no member; ${membership.describe()}`);
  assert(!Number.isNaN(electionDeadline), 'the election deadline is not a number');
  return {
    me,
    membership,
    currentTerm: stored?.hardState.currentTerm ?? 0,
    votedFor: stored?.hardState.votedFor ?? null,
    log,
    // A snapshot holds committed and applied entries only.
    commitIndex: log.lastIncludedIndex,
    lastApplied: log.lastIncludedIndex,
    standing: {
      role: 'follower',
      leaderId: undefined,
      leaderHeardAt: -Infinity,
      electionDeadline,
      preVotes: undefined,
    },
  };
}

/** An independent copy, e.g. to try several inputs from one state. */
export function cloneState(state: RaftState): RaftState {
  return { ...state, log: state.log.clone(), standing: cloneStanding(state.standing) };
}

function cloneStanding(standing: RaftState['standing']): RaftState['standing'] {
  switch (standing.role) {
    case 'follower':
      return { ...standing, preVotes: standing.preVotes && new Set(standing.preVotes) };
    case 'candidate':
      return {
        ...standing,
        votes: new Set(standing.votes),
        preVotes: standing.preVotes && new Set(standing.preVotes),
      };
    case 'leader': {
      const progress = new Map<ServerId, Progress>();
      for (const [server, known] of standing.progress) {
        progress.set(server, { ...known, inflight: [...known.inflight] });
      }
      return { ...standing, progress };
    }
  }
}

/** What must hold between any two steps, as far as one server can see it. */
export function checkInvariants(state: RaftState): void {
  const { me, membership, log, commitIndex, lastApplied, standing } = state;
  const positions = (): string => `lastApplied ${lastApplied}, commitIndex ${commitIndex}, ${log.describe()}`;
  assert(
    log.lastIncludedIndex <= lastApplied,
    () => `the snapshot covers what was not applied: ${positions()}`,
  );
  assert(lastApplied <= commitIndex, () => `applied what is not committed: ${positions()}`);
  assert(commitIndex <= log.lastIndex, () => `committed what the log does not have: ${positions()}`);
  assert(Number.isSafeInteger(state.currentTerm), () => `currentTerm ${state.currentTerm} is no term`);
  assert(state.currentTerm >= 0, () => `currentTerm ${state.currentTerm} is negative`);
  assert(log.lastIncludedTerm <= log.lastTerm, () => `terms fall: ${positions()}`);
  assert(log.lastTerm <= state.currentTerm, () => `an entry is from a term after ${state.currentTerm}`);
  assert(
    standing.role === 'follower' || membership.voters.has(me),
    () => `server ${me} is ${standing.role} but no voter; the members are ${membership.describe()}`,
  );
  assert(
    standing.role === 'leader' || standing.preVotes === undefined || !membership.isQuorum(standing.preVotes),
    'a server with the pre-votes of a majority has begun its election',
  );
  if (standing.role === 'follower') {
    assert(standing.leaderId !== me, 'a follower that leads itself');
    assert(membership.voters.has(me) || standing.preVotes === undefined, 'a learner asks for no pre-votes');
    return;
  }
  assert(state.votedFor === me, () => `a ${standing.role} that voted for ${state.votedFor}`);
  if (standing.role === 'candidate') {
    assert(!membership.isQuorum(standing.votes), 'a candidate with the votes of a majority is a leader');
    return;
  }
  assert(
    standing.durableIndex <= log.lastIndex,
    () => `durableIndex ${standing.durableIndex}: ${positions()}`,
  );
  assert(
    standing.progress.size === membership.members.length - 1,
    () => `a leader with progress of ${[...standing.progress.keys()].join(', ')}; ${membership.describe()}`,
  );
  const { lastIndex } = log;
  for (const [follower, { matchIndex, nextIndex }] of standing.progress) {
    assert(
      matchIndex >= 0 && matchIndex < nextIndex && nextIndex <= lastIndex + 1,
      () => `follower ${follower}: matchIndex ${matchIndex}, nextIndex ${nextIndex}, ${positions()}`,
    );
  }
}
