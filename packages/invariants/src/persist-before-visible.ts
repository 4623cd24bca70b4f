// Compares every message with storage when it is sent, so that a premature promise is detected without a crash.
import { senderTermOf, type LogIndex, type Message } from '@raftlab/protocol';
import { Violation, type ServerRule } from './invariant.ts';

export const persistBeforeVisible: ServerRule = {
  name: 'Persist before visible',
  statement: 'Entries are acknowledged, and terms are sent, only after they are on stable storage.',
  source: 'Raft paper, Figure 2: "updated on stable storage before responding to RPCs"; thesis 10.2.1',
  onSend(server, envelope, ghost) {
    const image = ghost.imageOf(server);
    const term = senderTermOf(envelope.message);
    if (term === undefined) return;
    if (image.hardState.currentTerm < term)
      throw new Violation(
        `server ${server} sends ${envelope.message.kind} of term ${term}; storage has ${image.hardState.currentTerm}`,
      );
    const { message } = envelope;
    const matchIndex = acknowledgedBy(message);
    // A later leader may have replaced the entries meanwhile; then the term on storage is later too.
    if (image.hardState.currentTerm > term) return;
    if (matchIndex > image.lastIndex)
      throw new Violation(
        `server ${server} acknowledges ${matchIndex}; storage has entries up to ${image.lastIndex}`,
      );
  },
};

/** The last index that the message acknowledges; 0 when it acknowledges none. */
function acknowledgedBy(message: Message): LogIndex {
  if (message.kind === 'installSnapshotReply') return message.reply.matchIndex;
  return message.kind === 'appendEntriesReply' && message.reply.success ? message.reply.matchIndex : 0;
}
