import { expectThat, type Invariant } from './invariant.ts';

/** Counts the votes as they leave the voters, so that what the candidate believes plays no part. */
export function electedByMajority(): Invariant {
  const votersOf = new Map<string, Set<number>>();
  return {
    name: 'Elected by a majority',
    statement:
      'A candidate leads a term only when a majority of the voters has granted it their votes in that term, its own, ' +
      'on stable storage, among them.',
    source: 'Raft paper, §5.2; Figure 2, Candidates 2; thesis 4.2.1',
    onSend(server, { to, message }) {
      if (message.kind !== 'requestVoteReply' || !message.reply.voteGranted) return;
      const key = `${to} in ${message.reply.term}`;
      const voters = votersOf.get(key) ?? new Set();
      votersOf.set(key, voters.add(server));
    },
    onStep({ server, outputs }, ghost) {
      if (outputs.roleChange?.role !== 'leader') return;
      const { term } = outputs.roleChange;
      const { currentTerm, votedFor } = ghost.imageOf(server).hardState;
      expectThat(
        currentTerm === term && votedFor === server,
        () =>
          `server ${server} leads term ${term}; its storage holds term ${currentTerm}, vote for ${votedFor}`,
      );
      const voters = new Set([server, ...(votersOf.get(`${server} in ${term}`) ?? [])]);
      expectThat(
        ghost.membership.isQuorum(voters),
        () => `server ${server} leads term ${term} with the votes of ${[...voters].join(', ')} alone`,
      );
    },
  };
}
