// An acknowledgement names an index. Storage may have an entry of another term there: one that the acknowledged entry replaced
// in the log, and not yet on storage.
import type { Message, Term } from '@raftlab/protocol';
import { Violation, type ServerRule } from './invariant.ts';

/** Remembers the term of the acknowledged entry until the reply leaves. */
export function acknowledgedWithItsTerm(): ServerRule {
  const termOf = new WeakMap<Message, Term>();
  return {
    name: 'Acknowledged with its term',
    statement:
      'The entry that a follower acknowledges is on its stable storage, with the term that it has in the log.',
    source: 'Raft paper, §5.3; Figure 2: "updated on stable storage before responding to RPCs"',
    onStep({ outputs, state }) {
      for (const { message } of outputs.sendAfterPersist) {
        const matchIndex = acknowledgedBy(message);
        const term = matchIndex === undefined ? undefined : state.log.termAt(matchIndex);
        if (term !== undefined) termOf.set(message, term);
      }
    },
    onSend(server, { message }, ghost) {
      const term = termOf.get(message);
      const matchIndex = acknowledgedBy(message);
      if (term === undefined || matchIndex === undefined) return;
      const image = ghost.imageOf(server);
      // A later leader may have replaced the entry meanwhile; then the term on storage is later too.
      if (message.kind === 'appendEntriesReply' && image.hardState.currentTerm > message.reply.term) return;
      if (!image.holds(matchIndex, term))
        throw new Violation(
          `server ${server} acknowledges entry ${matchIndex} of term ${term}; storage has an entry of term ` +
            `${image.termAt(matchIndex) ?? 'none'} there`,
        );
    },
  };
}

/** The last index that a reply acknowledges; undefined for other messages. */
function acknowledgedBy(message: Message): number | undefined {
  return message.kind === 'appendEntriesReply' && message.reply.success
    ? message.reply.matchIndex
    : undefined;
}
