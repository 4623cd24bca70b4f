// Compares every message that leaves with what storage holds then, so that no crash is needed to see a promise too early.
import { bodyOf } from '@raftlab/protocol';
import { expectThat, type ServerRule } from './invariant.ts';

export const persistBeforeVisible: ServerRule = {
  name: 'Persist before visible',
  statement: 'Nothing is acknowledged, and no term is told, before it is on stable storage.',
  source: 'Raft paper, Figure 2: "updated on stable storage before responding to RPCs"; thesis 10.2.1',
  onSend(server, envelope, ghost) {
    const image = ghost.imageOf(server);
    const { term } = bodyOf(envelope.message);
    expectThat(
      image.hardState.currentTerm >= term,
      () =>
        `server ${server} sends ${envelope.message.kind} of term ${term}; storage holds ${image.hardState.currentTerm}`,
    );
    const { message } = envelope;
    if (message.kind !== 'appendEntriesReply' || !message.reply.success) return;
    const { matchIndex } = message.reply;
    // A later leader may have replaced the entries meanwhile; then the term on storage is later too.
    if (image.hardState.currentTerm > term) return;
    expectThat(
      matchIndex <= image.lastIndex,
      () => `server ${server} acknowledges ${matchIndex}; storage holds entries up to ${image.lastIndex}`,
    );
  },
};
