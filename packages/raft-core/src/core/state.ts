// Figure 2's state, in its groups. Plain data, except the log, which guards its own indexes.
import type { StoredState } from '@raftlab/storage';
import type { LogIndex, Membership, ServerId, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { RaftLog } from './log.ts';
import type { IncomingSnapshot } from './incoming-snapshot.ts';
import { cloneProgress, type Progress } from './progress.ts';

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

  /** Reads of this server that its leader was asked about, oldest first (thesis 6.4). */
  forwardedReads: ForwardedRead[];
  /** The parts of a snapshot that the leader of currentTerm has sent so far (Figure 13); they do not survive a crash. */
  incoming: IncomingSnapshot | undefined;

  /** What a server is, with what only such a server has. */
  standing: Follower | Candidate | Leader;
}

/** A server that follows a leader, or waits for one. */
export interface Follower {
  readonly role: 'follower';
  /** The leader of currentTerm, once it was heard. Undefined again when the election timer fires. */
  leaderId: ServerId | undefined;
  /**
   * When the leader of currentTerm was last heard, in ms; -Infinity if it never was. With lease reads a server begins as if it had
   * just heard one.
   */
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
  readonly reads: LeaderReads;
  /** The transfer of leadership that is under way: meanwhile no proposal is taken (thesis 3.10). */
  transfer: Transfer | undefined;
  /** Whether it has sent a TimeoutNow in this term. One may still arrive, so there is no lease until the term ends. */
  hasAskedToTakeOver: boolean;
}

/** The reads of a leader, its own and those of other servers (thesis 6.4). */
export interface LeaderReads {
  /** Oldest first: the rounds rise, and reads without a round come last. */
  readonly waiting: WaitingRead[];
  /** The last round that began in this term; 0 before the first. */
  round: number;
  /** When it was last sent, in ms. */
  sentAt: number;
  /** The rounds that no majority has confirmed, oldest first, with the times when they were first sent. */
  openRounds: Array<{ readonly round: number; readonly sentAt: number }>;
  /** The latest round that each voter has confirmed. */
  readonly confirmed: Map<ServerId, number>;
  /** When the latest round was first sent that a majority has confirmed: a lease counts from here. -Infinity for none. */
  leaseStart: number;
}

/** A read that waits for its round, or for the confirmation of its round. */
export interface WaitingRead {
  readonly id: number;
  /** The server that asked for it; undefined for this server itself. */
  readonly from: ServerId | undefined;
  /** Whether a round must confirm it, lease or not. */
  readonly avoidsLease: boolean;
  /** commitIndex when its round began; 0 before. */
  readIndex: LogIndex;
  /** The round that must be confirmed; 0 until one begins. Invariant: it began after the read arrived. */
  round: number;
}

/** A read that waits for the leader's answer. */
export interface ForwardedRead {
  readonly id: number;
  readonly leaderId: ServerId;
  readonly term: Term;
  /** When it is given up, in ms. */
  readonly expiresAt: number;
}

/** A transfer of leadership. Times are in ms. */
export interface Transfer {
  /** A voter. */
  readonly to: ServerId;
  /** When it is given up. */
  readonly endsAt: number;
  /** When the target may be asked again to take over. */
  askAt: number;
}

/** The three roles of §5.1. */
export type Role = RaftState['standing']['role'];

/** A follower with what storage contains; everything else begins anew (Figure 2, volatile state). */
export function initialState(
  { me, membership }: Pick<RaftState, 'me' | 'membership'>,
  stored: StoredState | undefined,
  { electionDeadline, leaderHeardAt }: Pick<Follower, 'electionDeadline' | 'leaderHeardAt'>,
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
    forwardedReads: [],
    incoming: undefined,
    standing: {
      role: 'follower',
      leaderId: undefined,
      leaderHeardAt,
      electionDeadline,
      preVotes: undefined,
    },
  };
}

/** An independent copy, e.g. to try several inputs from one state. */
export function cloneState(state: RaftState): RaftState {
  return {
    ...state,
    log: state.log.clone(),
    forwardedReads: [...state.forwardedReads],
    incoming: state.incoming?.clone(),
    standing: cloneStanding(state.standing),
  };
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
      for (const [server, known] of standing.progress) progress.set(server, cloneProgress(known));
      return {
        ...standing,
        progress,
        reads: cloneReads(standing.reads),
        transfer: standing.transfer && { ...standing.transfer },
      };
    }
  }
}

function cloneReads(reads: LeaderReads): LeaderReads {
  const waiting = reads.waiting.map((read) => ({ ...read }));
  return { ...reads, waiting, openRounds: [...reads.openRounds], confirmed: new Map(reads.confirmed) };
}

/** A leader of whose reads none has arrived. */
export function noReads(): LeaderReads {
  return {
    waiting: [],
    round: 0,
    sentAt: -Infinity,
    openRounds: [],
    confirmed: new Map(),
    leaseStart: -Infinity,
  };
}

/** What must hold between any two steps, as far as one server can see it. */
export function checkInvariants(state: RaftState): void {
  const { me, membership, currentTerm, log, commitIndex, lastApplied, standing } = state;
  // One function describes the state for all assertions: this runs at every step, and making a function costs memory.
  const details = (): string => describeState(state);
  assert(log.lastIncludedIndex <= lastApplied, 'the snapshot covers what was not applied', details);
  assert(lastApplied <= commitIndex, 'applied what is not committed', details);
  assert(commitIndex <= log.lastIndex, 'committed what the log does not have', details);
  assert(Number.isSafeInteger(currentTerm), 'currentTerm is no term', details);
  assert(currentTerm >= 0, 'currentTerm is negative', details);
  assert(log.lastIncludedTerm <= log.lastTerm, 'terms fall', details);
  assert(log.lastTerm <= currentTerm, 'an entry is from a later term', details);
  assert(
    standing.role === 'follower' || membership.voters.has(me),
    'a server that is no voter campaigns or leads',
    details,
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
  assert(state.votedFor === me, 'a candidate or leader without its own vote', details);
  if (standing.role === 'candidate') {
    assert(!membership.isQuorum(standing.votes), 'a candidate with the votes of a majority is a leader');
    return;
  }
  assert(standing.durableIndex <= log.lastIndex, 'durable beyond the end of the log', details);
  assert(
    standing.progress.size === membership.members.length - 1,
    'a leader must know the progress of every other member',
    details,
  );
  const { lastIndex } = log;
  checkReads(standing.reads);
  for (const { matchIndex, nextIndex } of standing.progress.values())
    assert(
      matchIndex >= 0 && matchIndex < nextIndex && nextIndex <= lastIndex + 1,
      'a follower whose matchIndex and nextIndex cannot be',
      details,
    );
}

/** One server's state in words, for the messages of assertions. */
function describeState(state: RaftState): string {
  const { me, membership, currentTerm, votedFor, log, commitIndex, lastApplied, standing } = state;
  const positions = `lastApplied ${lastApplied}, commitIndex ${commitIndex}, ${log.describe()}`;
  const server = `server ${me}, ${standing.role} of term ${currentTerm}, vote for ${votedFor}; ${positions}; ${membership.describe()}`;
  if (standing.role !== 'leader') return server;
  const followers = [...standing.progress].map(
    ([follower, { matchIndex, nextIndex }]) =>
      `server ${follower}: matchIndex ${matchIndex}, nextIndex ${nextIndex}`,
  );
  return [`${server}; durableIndex ${standing.durableIndex}`, ...followers].join('; ');
}

function checkReads({ waiting, round, openRounds }: LeaderReads): void {
  assert((waiting.at(-1)?.round ?? 0) <= round, 'a read waits for a round that has not begun');
  assert((openRounds.at(-1)?.round ?? 0) <= round, 'a round is open that has not begun');
  assert(openRounds.length === 0 || round > 0, 'the first round is number 1');
}
