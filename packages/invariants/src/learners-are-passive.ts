import type { ServerId } from '@raftlab/protocol';
import type { Ghost } from './ghost.ts';
import { Violation, type ServerRule } from './invariant.ts';

/** A server that is not a voter only follows. Other properties check that it does not count. */
export const learnersArePassive: ServerRule = {
  name: 'Learners are passive',
  statement:
    'A learner is always a follower, has no election timer, and neither requests nor grants a vote or a pre-vote.',
  source: 'Raft thesis, 4.2.1',
  onStep({ server, state: { standing } }, ghost) {
    if (!isLearner(server, ghost)) return;
    if (standing.role !== 'follower')
      throw new Violation(`server ${server} is a learner and ${standing.role}`);
    if (standing.electionDeadline !== Infinity)
      throw new Violation(
        `server ${server} is a learner, and its election timer ends at ${standing.electionDeadline}`,
      );
  },
  onSend(server, { to, message }, ghost) {
    if (!isLearner(server, ghost)) return;
    const isVote = message.kind === 'requestVoteReply' || message.kind === 'preVoteReply';
    const isGrant = isVote && message.reply.voteGranted;
    const isRequest = message.kind === 'requestVote' || message.kind === 'preVote';
    if (isRequest || isGrant)
      throw new Violation(
        `server ${server} is a learner, and sends ${isGrant ? 'its vote' : 'a vote request'} to ${to}`,
      );
  },
};

function isLearner(server: ServerId, { membership }: Pick<Ghost, 'membership'>): boolean {
  return membership.learners.has(server);
}
