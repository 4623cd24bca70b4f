// A commit that contradicts another is found when it happens, whether or not any service has applied either.
import { expectThat, type Invariant } from './invariant.ts';

export const chosenIsFinal: Invariant = {
  name: 'Chosen is final',
  statement: 'All servers that take an index for committed hold the same entry there.',
  source: 'Raft paper, §5.4.3',
  onStep({ server, before, state }, ghost) {
    // Log Matching makes the last index stand for those before it, as far as the log still reaches.
    const index = state.commitIndex;
    if (index === before.commitIndex) return;
    const term = state.log.termAt(index);
    expectThat(
      ghost.chosen[index]?.term === term,
      () =>
        `server ${server} commits term ${term} at ${index}, where term ${ghost.chosen[index]?.term} was chosen`,
    );
  },
};
