// Counts the pre-votes when voters send them. A server that never asked for them has them switched off.
import type { ServerId } from '@raftlab/protocol';
import { Violation, type Invariant } from './invariant.ts';

/** With pre-votes a minority does not increase its term, however long it is disconnected. */
export function noElectionInVain(): Invariant {
  const askers = new Set<ServerId>();
  const grantersOf = new Map<string, Set<ServerId>>();
  const handedOver = new Set<string>();
  return {
    name: 'No election in vain',
    statement:
      'A server that asks for pre-votes begins an election only when a majority of the voters, itself included, has granted it a pre-vote for that ' +
      'term, or the leader of the term before has asked it to take over.',
    source: 'Raft thesis, 9.6, 3.10',
    onSend(server, { to, message }) {
      if (message.kind === 'preVote') askers.add(server);
      if (message.kind === 'timeoutNow') handedOver.add(`${to} in ${message.args.term + 1}`);
      if (message.kind !== 'preVoteReply' || !message.reply.voteGranted) return;
      const key = `${to} in ${message.reply.term}`;
      const granters = grantersOf.get(key) ?? new Set();
      grantersOf.set(key, granters.add(server));
    },
    onStep({ server, outputs }, ghost) {
      if (outputs.roleChange?.role !== 'candidate' || !askers.has(server)) return;
      const { term } = outputs.roleChange;
      if (handedOver.has(`${server} in ${term}`)) return;
      const granters = new Set([server, ...(grantersOf.get(`${server} in ${term}`) ?? [])]);
      if (!ghost.membership.isQuorum(granters))
        throw new Violation(
          `server ${server} begins an election in term ${term} with only the pre-votes of ${[...granters].join(', ')}`,
        );
    },
  };
}
