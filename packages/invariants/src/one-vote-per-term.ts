import { Violation, type ServerRule } from './invariant.ts';

/** Compares each vote with storage when it is sent, so that a vote that is not durable is detected without a crash. */
export function oneVotePerTerm(): ServerRule {
  const voteOf = new Map<string, number>();
  return {
    name: 'One vote per term, durably',
    statement:
      'A server votes for at most one candidate in a given term, and its vote is durable before it is sent.',
    source: 'Raft paper, Figure 2, RequestVote; §5.2',
    onWiped(server) {
      for (const key of voteOf.keys()) if (key.startsWith(`${server} in `)) voteOf.delete(key);
    },
    onStep({ server, before, state }) {
      if (before.currentTerm !== state.currentTerm || before.votedFor === null) return;
      if (before.votedFor !== state.votedFor)
        throw new Violation(
          `server ${server} votes for ${state.votedFor} in term ${state.currentTerm}, after ${before.votedFor}`,
        );
    },
    onSend(server, { to, message }, ghost) {
      const isOwnVote = message.kind === 'requestVote';
      if (!isOwnVote && !(message.kind === 'requestVoteReply' && message.reply.voteGranted)) return;
      const term = isOwnVote ? message.args.term : message.reply.term;
      const candidate = isOwnVote ? server : to;
      const key = `${server} in ${term}`;
      const known = voteOf.get(key) ?? candidate;
      voteOf.set(key, candidate);
      if (known !== candidate)
        throw new Violation(`server ${server} votes for ${candidate} in term ${term}, after ${known}`);
      const { currentTerm, votedFor } = ghost.imageOf(server).hardState;
      // A vote of an earlier term may be sent late; the later term on storage prevents a second vote in it.
      const isDurable = currentTerm > term || (currentTerm === term && votedFor === candidate);
      if (!isDurable)
        throw new Violation(
          `server ${server} sends its vote for ${candidate} in term ${term}, but storage has term ` +
            `${currentTerm}, vote for ${votedFor}`,
        );
    },
  };
}
