// A timer that restarts too often delays elections; one that restarts too seldom deposes working leaders.
import type { Outputs } from '@raftlab/raft-core';
import { Violation, type Invariant, type StepEvent } from './invariant.ts';

export const electionTimer: Invariant = {
  name: 'Election timer',
  statement:
    "A voting follower's election timer restarts when it receives a message of the leader of its term, grants a vote, asks for " +
    'pre-votes, or has just stopped leading, and at no other time.',
  source: 'Raft paper, §5.2; Figure 2, Rules for Servers, Followers 2; thesis 9.6',
  onStep(event, { membership }) {
    const { server, before, state } = event;
    // Other properties cover new candidates and leaders. Learners have no such timer.
    if (state.standing.role !== 'follower' || !membership.voters.has(server)) return;
    const isReset = state.standing.electionDeadline !== before.electionDeadline;
    const reason = whyReset(event);
    if (isReset !== (reason !== undefined))
      throw new Violation(
        reason === undefined
          ? `server ${server} restarts its election timer on ${describe(event)}`
          : `server ${server} ${reason}, but does not restart its election timer`,
      );
  },
};

function whyReset({ input, before, state, outputs }: StepEvent): string | undefined {
  if (before.role === 'leader') return 'stops leading';
  if (grantsVote(outputs)) return 'grants a vote';
  if (outputs.send.some(({ message }) => message.kind === 'preVote')) return 'asks for pre-votes';
  if (input.kind !== 'message') return undefined;
  const { message } = input;
  const isFromLeader =
    message.kind === 'appendEntries' ||
    message.kind === 'installSnapshot' ||
    message.kind === 'confirmLeader';
  return isFromLeader && message.args.term === state.currentTerm
    ? 'receives a message of its leader'
    : undefined;
}

function grantsVote({ sendAfterPersist }: Outputs): boolean {
  return sendAfterPersist.some(
    ({ message }) => message.kind === 'requestVoteReply' && message.reply.voteGranted,
  );
}

function describe({ input }: StepEvent): string {
  return input.kind === 'message' ? `${input.message.kind} from ${input.from}` : input.kind;
}
