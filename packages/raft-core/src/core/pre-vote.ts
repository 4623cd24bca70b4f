// The pre-vote (thesis 9.6): before a server starts an election, it asks whether a majority would vote for it. Before that no term
// increases, so that a server that was disconnected does not depose the leader when it returns.
import type { PreVoteArgs, PreVoteReply, ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import {
  becomeFollower,
  drawElectionDeadline,
  hearsLeader,
  isUpToDate,
  isVoter,
  startElection,
} from './election.ts';
import { reply, type Turn } from './turn.ts';

/** No leader was heard, and no election was won, for an election timeout (Figure 2, Followers 2, Candidates 4). */
export function onElectionTimeout(turn: Turn): void {
  assert(turn.state.standing.role !== 'leader', 'a leader has no election timeout');
  if (turn.config.preVote) askForPreVotes(turn);
  else startElection(turn);
}

/** A candidate remains one: a late vote can still win the election of its term. */
function askForPreVotes(turn: Turn): void {
  const { state } = turn;
  const { standing, me, membership, currentTerm, log } = state;
  assert(isVoter(state), () => `server ${me} is a learner and must not campaign`);
  assert(standing.role !== 'leader', 'a leader asks for no pre-votes');
  standing.electionDeadline = drawElectionDeadline(turn);
  if (standing.role === 'follower') standing.leaderId = undefined;
  const preVotes = new Set([me]);
  if (membership.isQuorum(preVotes)) {
    startElection(turn);
    return;
  }
  assert(preVotes.has(me), 'a server would vote for itself');
  standing.preVotes = preVotes;
  const args: PreVoteArgs = {
    term: currentTerm + 1,
    candidateId: me,
    lastLogIndex: log.lastIndex,
    lastLogTerm: log.lastTerm,
  };
  // They do not wait for a write: a pre-vote promises nothing.
  for (const to of membership.voters)
    if (to !== me) turn.send.push({ to, message: { kind: 'preVote', args }, ticket: 0, isUrgent: true });
}

/** Replies whether this server would vote for the candidate. Never changes the state, for any term (thesis 9.6). */
export function onPreVote(turn: Turn, from: ServerId, args: PreVoteArgs): void {
  const { state } = turn;
  assert(args.candidateId === from, () => `server ${from} asks for pre-votes for ${args.candidateId}`);
  const voteGranted =
    isVoter(state) && args.term > state.currentTerm && !hearsLeader(turn) && isUpToDate(state, args);
  // A refusal contains the current term, so that a candidate with a lower term follows it, and then asks for a later one.
  assert(!voteGranted || args.term > state.currentTerm, 'a pre-vote is for a later term');
  assert(from !== state.me, 'a server asks itself for no pre-vote');
  const term = voteGranted ? args.term : state.currentTerm;
  reply(turn, from, { kind: 'preVoteReply', reply: { term, voteGranted } });
}

/** Starts the election once a majority would vote for this server. */
export function onPreVoteReply(turn: Turn, from: ServerId, { term, voteGranted }: PreVoteReply): void {
  const { state } = turn;
  const { standing, membership } = state;
  assert(from !== state.me, 'the pre-vote for oneself is no message');
  if (!voteGranted) {
    if (term > state.currentTerm) becomeFollower(turn, term);
    return;
  }
  // A grant contains the requested term: one for another term belongs to an earlier request.
  if (standing.role === 'leader' || standing.preVotes === undefined || term !== state.currentTerm + 1) return;
  assert(
    membership.has(from),
    () => `a pre-vote of server ${from}; the members are ${membership.describe()}`,
  );
  assert(standing.preVotes.has(state.me), 'a server would vote for itself');
  standing.preVotes.add(from);
  if (membership.isQuorum(standing.preVotes)) startElection(turn);
}
