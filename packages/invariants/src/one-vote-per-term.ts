import { expectThat, type Invariant } from './invariant.ts';

/** Looks at replies as they leave and at what storage holds then: a vote that is not durable is caught without a crash. */
export function oneVotePerTerm(): Invariant {
  const voteOf = new Map<string, number>();
  return {
    name: 'One vote per term, durably',
    statement:
      'A server votes for at most one candidate in a given term, and its vote is durable before it is told.',
    source: 'Raft paper, Figure 2, RequestVote; §5.2',
    onSend(server, { to, message }, ghost) {
      const isOwnVote = message.kind === 'requestVote';
      if (!isOwnVote && !(message.kind === 'requestVoteReply' && message.reply.voteGranted)) return;
      const term = isOwnVote ? message.args.term : message.reply.term;
      const candidate = isOwnVote ? server : to;
      const key = `${server} in ${term}`;
      const known = voteOf.get(key) ?? candidate;
      voteOf.set(key, candidate);
      expectThat(
        known === candidate,
        () => `server ${server} votes for ${candidate} in term ${term}, after ${known}`,
      );
      const { currentTerm, votedFor } = ghost.imageOf(server).hardState;
      // A vote of an earlier term may leave late; a later term on storage keeps it from being given twice.
      const isDurable = currentTerm > term || (currentTerm === term && votedFor === candidate);
      expectThat(
        isDurable,
        () =>
          `server ${server} tells of its vote for ${candidate} in term ${term}, but storage holds term ` +
          `${currentTerm}, vote for ${votedFor}`,
      );
    },
  };
}
