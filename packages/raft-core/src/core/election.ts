// Terms, votes and roles (§5.1, §5.2, §5.4.1).
import {
  NoopEntry,
  type RequestVoteArgs,
  type RequestVoteReply,
  type ServerId,
  type Term,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { startProgress, type Progress } from './progress.ts';
import { noReads, type RaftState } from './state.ts';
import { appendOwn, reply, type Turn } from './turn.ts';

type Member = Pick<RaftState, 'me' | 'membership'>;

/**
 * A deadline drawn anew each time, so that split votes are rare and end (§5.2). Infinity for a learner: it does not campaign
 * (thesis 4.2.1).
 */
export function drawElectionDeadline(
  turn: Pick<Turn, 'config' | 'random' | 'now'> & { readonly state: Member },
): number {
  if (!isVoter(turn.state)) return Infinity;
  const { electionTimeoutMinMs, electionTimeoutMaxMs } = turn.config;
  const timeoutMs = turn.random.uniform(electionTimeoutMinMs, electionTimeoutMaxMs);
  assert(timeoutMs > 0, () => `an election timeout of ${timeoutMs} ms was drawn`);
  return turn.now + timeoutMs;
}

/** Whether this server takes part in elections; a learner does not (thesis 4.2.1). */
export function isVoter({ me, membership }: Member): boolean {
  return membership.voters.has(me);
}

/**
 * Figure 2, Rules for Servers, Candidates 1. `isTransfer`: the leader has asked for this election (thesis 3.10), so the voters
 * need not wait until that leader is silent.
 */
export function startElection(turn: Turn, { isTransfer = false }: { isTransfer?: boolean } = {}): void {
  const { state } = turn;
  assert(isVoter(state), () => `server ${state.me} is a learner and must not campaign`);
  assert(state.standing.role !== 'leader', 'a leader starts no election');
  assert(Number.isSafeInteger(state.currentTerm + 1), 'the term has reached its largest number');
  state.currentTerm += 1;
  state.votedFor = state.me;
  turn.isHardStateChanged = true;
  state.standing = {
    role: 'candidate',
    votes: new Set(),
    electionDeadline: drawElectionDeadline(turn),
    preVotes: undefined,
  };
  turn.roleChange = { role: 'candidate', term: state.currentTerm };
  const args: RequestVoteArgs = {
    term: state.currentTerm,
    candidateId: state.me,
    lastLogIndex: state.log.lastIndex,
    lastLogTerm: state.log.lastTerm,
    ...(isTransfer && { isTransfer }),
  };
  // The requests wait for the vote for oneself: after a crash that forgot it, this server could vote for another.
  for (const to of state.membership.voters) {
    if (to !== state.me)
      turn.sendAfterPersist.push({
        to,
        message: { kind: 'requestVote', args },
        ticket: 0,
        isUrgent: true,
      });
  }
}

/**
 * Figure 2, RequestVote: grants the vote once in a term, to a candidate whose log is up-to-date (§5.2, §5.4.1). A server that
 * hears its leader neither grants it nor follows the candidate's term (thesis 4.2.3): so a server that cannot hear the leader
 * cannot depose it either. What a leader has asked for is no such case (thesis 3.10).
 */
export function onRequestVote(turn: Turn, from: ServerId, args: RequestVoteArgs): void {
  const { state } = turn;
  assert(args.candidateId === from, () => `server ${from} asks for votes for ${args.candidateId}`);
  if (turn.config.preVote && args.isTransfer !== true && hearsLeader(turn)) {
    reply(turn, from, { kind: 'requestVoteReply', reply: { term: state.currentTerm, voteGranted: false } });
    return;
  }
  if (args.term > state.currentTerm) becomeFollower(turn, args.term);
  // The candidate need not be a voter in the membership that is known here (thesis 4.1); this server must be (4.2.1).
  const voteGranted =
    isVoter(state) &&
    args.term === state.currentTerm &&
    (state.votedFor === null || state.votedFor === args.candidateId) &&
    isUpToDate(state, args);
  assert(state.currentTerm >= args.term, 'a server that hears of a term is in it, or in a later one');
  assert(!voteGranted || state.standing.role !== 'leader', 'a leader votes for no other server');
  if (voteGranted) {
    if (state.votedFor === null) {
      state.votedFor = args.candidateId;
      turn.isHardStateChanged = true;
    }
    // A granted vote is the only request for votes that resets the timer (Figure 2, Followers 2).
    if (state.standing.role === 'follower') {
      state.standing.electionDeadline = drawElectionDeadline(turn);
      // The candidate gets its time: this server does not compete with it.
      state.standing.preVotes = undefined;
    }
  }
  reply(turn, from, { kind: 'requestVoteReply', reply: { term: state.currentTerm, voteGranted } });
}

/**
 * Whether this server leads, or has heard the leader of its term within the shortest election timeout (thesis 4.2.3). A leader
 * that hears no majority steps down, so it need not be asked here for how long it has heard none (thesis 6.2).
 */
export function hearsLeader({ state: { standing }, config, now }: Turn): boolean {
  switch (standing.role) {
    case 'leader':
      return true;
    case 'candidate':
      return false;
    case 'follower':
      assert(standing.leaderHeardAt <= now, 'the leader was heard in the future');
      return now < standing.leaderHeardAt + config.electionTimeoutMinMs;
  }
}

/** Whether the candidate's log is at least as up-to-date as ours: later last term, or same term and as long (§5.4.1). */
export function isUpToDate(
  { log }: RaftState,
  { lastLogTerm, lastLogIndex }: Pick<RequestVoteArgs, 'lastLogTerm' | 'lastLogIndex'>,
): boolean {
  return lastLogTerm > log.lastTerm || (lastLogTerm === log.lastTerm && lastLogIndex >= log.lastIndex);
}

/** Counts a vote that was granted in the present term (Figure 2, Candidates 2). */
export function onRequestVoteReply(
  turn: Turn,
  from: ServerId,
  { term, voteGranted }: RequestVoteReply,
): void {
  const { state } = turn;
  assert(from !== state.me, 'the vote for oneself is no message');
  if (term > state.currentTerm) {
    becomeFollower(turn, term);
    return;
  }
  // A grant carries the term it was asked for, so one from an earlier election cannot count in this one.
  if (voteGranted && term === state.currentTerm) countVote(turn, from);
}

/** The vote for oneself counts once it is durable, like any other (Figure 2, Candidates 2). */
export function onVotePersisted(turn: Turn, durableTerm: Term): void {
  const { state } = turn;
  assert(
    durableTerm <= state.currentTerm,
    () => `term ${durableTerm} is durable, but this is ${state.currentTerm}`,
  );
  if (durableTerm === state.currentTerm && state.votedFor === state.me) countVote(turn, state.me);
}

function countVote(turn: Turn, voter: ServerId): void {
  const { standing, membership } = turn.state;
  assert(membership.has(voter), () => `a vote of server ${voter}; the members are ${membership.describe()}`);
  if (standing.role !== 'candidate') return;
  assert(!membership.isQuorum(standing.votes), 'the election was won before');
  standing.votes.add(voter);
  if (membership.isQuorum(standing.votes)) becomeLeader(turn);
}

/** Follows `term`, which is at least currentTerm (§5.1). Within a term the vote stays given. */
export function becomeFollower(turn: Turn, term: Term, leaderId?: ServerId): void {
  const { state } = turn;
  assert(term >= state.currentTerm, () => `term ${state.currentTerm} would fall to ${term}`);
  assert(leaderId !== state.me, 'a server does not follow itself');
  if (term > state.currentTerm) {
    state.currentTerm = term;
    state.votedFor = null;
    turn.isHardStateChanged = true;
  }
  const { standing } = state;
  const electionDeadline =
    standing.role === 'leader' ? drawElectionDeadline(turn) : standing.electionDeadline;
  if (standing.role !== 'follower') turn.roleChange = { role: 'follower', term: state.currentTerm };
  const leaderHeardAt = leaderId === undefined ? -Infinity : turn.now;
  state.standing = { role: 'follower', leaderId, leaderHeardAt, electionDeadline, preVotes: undefined };
  assert(state.currentTerm === term, () => `follows in term ${state.currentTerm}, not ${term}`);
}

/** Figure 2, Leaders 1: the first heartbeats are due at once. They carry the noop, if there is one. */
function becomeLeader(turn: Turn): void {
  const { state, now, config } = turn;
  assert(state.standing.role === 'candidate', 'only a candidate becomes leader');
  assert(state.votedFor === state.me, 'a leader has voted for itself');
  const progress = new Map<ServerId, Progress>();
  for (const server of state.membership.others(state.me))
    progress.set(server, startProgress(state.log.lastIndex + 1, now));
  // The vote for oneself in this term is durable, and storage is written in order: so is the whole log.
  state.standing = {
    role: 'leader',
    durableIndex: state.log.lastIndex,
    progress,
    reads: noReads(),
    transfer: undefined,
    hasAskedToTakeOver: false,
  };
  turn.roleChange = { role: 'leader', term: state.currentTerm };
  assert(!progress.has(state.me), 'a leader does not follow itself');
  // An entry of its own term, so that it learns which of the earlier entries are committed (§8, §5.4.2).
  if (config.appendsNoop) appendOwn(turn, [new NoopEntry(state.currentTerm)]);
}
