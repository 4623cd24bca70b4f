// A pre-vote is only a question. If it changed anything, a disconnected server could still disturb the others.
import type { PreVoteReply } from '@raftlab/protocol';
import { Violation, type ServerRule, type StepEvent } from './invariant.ts';

export const preVoteChangesNothing: ServerRule = {
  name: 'A pre-vote changes nothing',
  statement:
    'A request for a pre-vote changes no term, vote, role, log or timer, and nothing is persisted for it. A grant names the ' +
    'requested term, which is later than the current one; a refusal names the current term. A leader grants none.',
  source: 'Raft thesis, 9.6',
  onStep(event) {
    const { server, input, before, outputs } = event;
    if (input.kind !== 'message' || input.message.kind !== 'preVote') return;
    const asked = input.message.args.term;
    const changed = whatChanged(event);
    if (changed !== undefined)
      throw new Violation(
        `server ${server} changes its ${changed} for a pre-vote that ${input.from} asks for in term ${asked}`,
      );
    for (const { message } of outputs.sendAfterPersist) {
      if (message.kind === 'preVoteReply') checkReply(event, { asked, reply: message.reply });
    }
    if (outputs.send.length !== 0 || outputs.sendAfterPersist.length !== 1)
      throw new Violation(
        `server ${server}, ${before.role}, answers a pre-vote with another number of messages than one`,
      );
  },
};

function whatChanged({ before, state, outputs }: StepEvent): string | undefined {
  const { standing, log } = state;
  if (state.currentTerm !== before.currentTerm) return 'term';
  if (state.votedFor !== before.votedFor) return 'vote';
  if (standing.role !== before.role) return 'role';
  if (log.lastIndex !== before.lastIndex || outputs.persist !== undefined) return 'stored state';
  const electionDeadline = standing.role === 'leader' ? Infinity : standing.electionDeadline;
  return electionDeadline === before.electionDeadline ? undefined : 'election timer';
}

function checkReply(
  { server, before }: StepEvent,
  { asked, reply }: { asked: number; reply: PreVoteReply },
): void {
  const { role, currentTerm } = before;
  const isRight = reply.voteGranted
    ? reply.term === asked && asked > currentTerm && role !== 'leader'
    : reply.term === currentTerm;
  if (!isRight)
    throw new Violation(
      `server ${server}, ${role} in term ${currentTerm}, is asked for a pre-vote in term ${asked}, and ` +
        `${reply.voteGranted ? 'grants' : 'refuses'} it with term ${reply.term}`,
    );
}
