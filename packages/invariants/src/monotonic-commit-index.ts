// A commit index that decreases would deliver entries to the service twice. No other property checks it.
import { Violation, type ServerRule } from './invariant.ts';

export const monotonicCommitIndex: ServerRule = {
  name: 'Monotonic commitIndex',
  statement: 'commitIndex never decreases while a server runs, and never exceeds the log.',
  source: 'Raft paper, Figure 2, volatile state on all servers',
  onStep({ server, before, state }) {
    if (before.commitIndex > state.commitIndex || state.commitIndex > state.log.lastIndex)
      throw new Violation(
        `server ${server}: commitIndex ${before.commitIndex} became ${state.commitIndex}, ${state.log.describe()}`,
      );
  },
};
