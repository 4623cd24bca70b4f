import type { Message } from '@raftlab/protocol';
import type { Input, Outputs } from '@raftlab/raft-core';
import { Violation, type ServerRule } from './invariant.ts';

/** Detects a wrong commit in the step that makes it, long before another commit contradicts it. */
export const commitIndexIsEarned: ServerRule = {
  name: 'commitIndex is earned',
  statement:
    'A leader moves commitIndex only to an entry of its own term; a follower moves it at most to the leaderCommit of ' +
    'the message, and at most to the last entry that the message verified, or to the snapshot that the leader sent.',
  source: 'Raft paper, §5.4.2; Figure 2, AppendEntries 5, Leaders 4',
  onStep({ server, input, before, state, outputs }) {
    const { commitIndex } = state;
    if (commitIndex === before.commitIndex) return;
    if (state.standing.role === 'leader') {
      const term = state.log.termAt(commitIndex);
      if (term !== state.currentTerm)
        throw new Violation(
          `leader ${server} of term ${state.currentTerm} counts replicas of entry ${commitIndex} of term ${term}`,
        );
      return;
    }
    const bound = committedBy(input, outputs);
    if (commitIndex > bound)
      throw new Violation(
        `server ${server} commits up to ${commitIndex}; the message allows a commit up to ${bound}`,
      );
  },
};

function committedBy(input: Input, { persist }: Outputs): number {
  if (input.kind === 'message') return committedByMessage(input.message);
  // The message with the last chunk came before; its snapshot is installed now.
  return input.kind === 'staged' ? (persist?.batch.snapshot?.lastIncludedIndex ?? 0) : 0;
}

function committedByMessage(message: Message): number {
  if (message.kind === 'appendEntries') {
    const { leaderCommit, prevLogIndex, entries } = message.args;
    return Math.min(leaderCommit, prevLogIndex + entries.length);
  }
  return message.kind === 'installSnapshot' ? message.args.lastIncludedIndex : 0;
}
