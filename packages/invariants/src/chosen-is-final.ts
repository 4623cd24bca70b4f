// Detects a commit that contradicts another as soon as it happens, before any service has applied either entry.
import { Violation, type Invariant } from './invariant.ts';

export const chosenIsFinal: Invariant = {
  name: 'Chosen is final',
  statement: 'All servers that have committed an index have the same entry at it.',
  source: 'Raft paper, §5.4.3',
  onStep({ server, before, state }, ghost) {
    // By Log Matching, the last index represents all before it that the log still contains.
    const index = state.commitIndex;
    if (index === before.commitIndex) return;
    const term = state.log.termAt(index);
    if (ghost.chosen[index]?.term !== term)
      throw new Violation(
        `server ${server} commits term ${term} at ${index}, where term ${ghost.chosen[index]?.term} was chosen`,
      );
  },
};
