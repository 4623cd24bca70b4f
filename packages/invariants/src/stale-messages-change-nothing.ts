// Detects a vote or an acknowledgement of an earlier term at once; its consequences appear only in rare schedules.
import { senderTermOf } from '@raftlab/protocol';
import type { Outputs } from '@raftlab/raft-core';
import { Violation, type ServerRule, type StepEvent } from './invariant.ts';

export const staleMessagesChangeNothing: ServerRule = {
  name: 'Stale messages change nothing',
  statement:
    'A request of an earlier term is refused, a reply of an earlier term is ignored: neither changes votes, log, ' +
    "commitIndex, role or a leader's progress of its followers.",
  source: 'Raft paper, §5.1; Figure 2, RequestVote 1, AppendEntries 1',
  onStep(event) {
    const { server, input, before, outputs } = event;
    if (input.kind !== 'message') return;
    const { message } = input;
    const term = senderTermOf(message);
    // Another property checks the effect of a pre-vote.
    if (term === undefined || term >= before.currentTerm) return;
    const told = (): string =>
      `server ${server} in term ${before.currentTerm}, received ${message.kind} of term ${term} from ${input.from}`;
    const changed = whatChanged(event);
    if (changed !== undefined) throw new Violation(`${told()}, changed its ${changed}`);
    if (agrees(outputs)) throw new Violation(`${told()}, and accepted it`);
  },
};

function whatChanged({ before, state, outputs }: StepEvent): string | undefined {
  const { standing, log } = state;
  if (standing.role !== before.role) return 'role';
  if (state.currentTerm !== before.currentTerm) return 'currentTerm';
  if (state.votedFor !== before.votedFor) return 'vote';
  if (state.commitIndex !== before.commitIndex) return 'commitIndex';
  if (log.lastIndex !== before.lastIndex || outputs.persist !== undefined) return 'log';
  if (standing.role === 'candidate' && standing.votes.size !== before.voteCount) return 'votes';
  if (standing.role !== 'leader') return undefined;
  for (const [server, { matchIndex }] of standing.progress)
    if (matchIndex !== before.matchIndexes.get(server)) return 'matchIndex';
  return undefined;
}

function agrees({ send, sendAfterPersist }: Outputs): boolean {
  return [...send, ...sendAfterPersist].some(
    ({ message }) =>
      (message.kind === 'requestVoteReply' && message.reply.voteGranted) ||
      (message.kind === 'appendEntriesReply' && message.reply.success) ||
      (message.kind === 'confirmLeaderReply' && message.reply.round > 0),
  );
}
