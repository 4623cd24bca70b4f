// Cheap, and asserted nowhere else: a commit index that falls hands the service entries twice.
import { expectThat, type ServerRule } from './invariant.ts';

export const monotonicCommitIndex: ServerRule = {
  name: 'Monotonic commitIndex',
  statement: 'commitIndex never falls while a server runs, and never exceeds the log.',
  source: 'Raft paper, Figure 2, volatile state on all servers',
  onStep({ server, before, state }) {
    expectThat(
      before.commitIndex <= state.commitIndex && state.commitIndex <= state.log.lastIndex,
      () =>
        `server ${server}: commitIndex ${before.commitIndex} became ${state.commitIndex}, ${state.log.describe()}`,
    );
  },
};
