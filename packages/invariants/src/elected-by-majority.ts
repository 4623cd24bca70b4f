import { Violation, type Invariant } from './invariant.ts';

/** Counts votes when voters send them, independently of the candidate's own count. */
export function electedByMajority(): Invariant {
  const votersOf = new Map<string, Set<number>>();
  return {
    name: 'Elected by a majority',
    statement:
      'A candidate becomes leader of a term only after a majority of the voters has granted it votes in that term, including ' +
      'its own vote, which is on stable storage.',
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
      if (currentTerm !== term || votedFor !== server)
        throw new Violation(
          `server ${server} leads term ${term}; its storage has term ${currentTerm}, vote for ${votedFor}`,
        );
      const voters = new Set([server, ...(votersOf.get(`${server} in ${term}`) ?? [])]);
      if (!ghost.membership.isQuorum(voters))
        throw new Violation(
          `server ${server} leads term ${term} with only the votes of ${[...voters].join(', ')}`,
        );
    },
  };
}
