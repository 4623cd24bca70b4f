import type { Message } from '@raftlab/protocol';
import { expectThat, type ServerRule } from './invariant.ts';

/** Detects a wrong commit in the step that makes it, long before another commit contradicts it. */
export const commitIndexIsEarned: ServerRule = {
  name: 'commitIndex is earned',
  statement:
    'A leader moves commitIndex only to an entry of its own term; a follower moves it at most to the leaderCommit of ' +
    'the message, and at most to the last entry that the message verified.',
  source: 'Raft paper, §5.4.2; Figure 2, AppendEntries 5, Leaders 4',
  onStep({ server, input, before, state }) {
    const { commitIndex } = state;
    if (commitIndex === before.commitIndex) return;
    if (state.standing.role === 'leader') {
      const term = state.log.termAt(commitIndex);
      expectThat(
        term === state.currentTerm,
        () =>
          `leader ${server} of term ${state.currentTerm} counts replicas of entry ${commitIndex} of term ${term}`,
      );
      return;
    }
    const bound = input.kind === 'message' ? committedBy(input.message) : 0;
    expectThat(
      commitIndex <= bound,
      () => `server ${server} commits up to ${commitIndex}; the message allows a commit up to ${bound}`,
    );
  },
};

function committedBy(message: Message): number {
  if (message.kind === 'appendEntries') {
    const { leaderCommit, prevLogIndex, entries } = message.args;
    return Math.min(leaderCommit, prevLogIndex + entries.length);
  }
  return message.kind === 'installSnapshot' ? message.args.lastIncludedIndex : 0;
}
