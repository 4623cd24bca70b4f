import { Violation, type Invariant } from './invariant.ts';

/**
 * Uses the term in which an entry was committed, not the entry's own: a leader of an older term that still runs
 * need not have entries that were committed later.
 */
export const leaderCompleteness: Invariant = {
  name: 'Leader Completeness',
  statement:
    'If a log entry is committed in a given term, then that entry is present in the logs of the leaders of all ' +
    'higher-numbered terms.',
  source: 'Raft paper, Figure 3; §5.4.3',
  onStep({ server, outputs, state }, { chosen }) {
    if (outputs.roleChange?.role !== 'leader') return;
    // By Log Matching, the last such entry represents all before it.
    const index = chosen.findLastIndex(({ committedInTerm }) => committedInTerm < state.currentTerm);
    const term = chosen[index]?.term;
    const { log } = state;
    if (index >= log.lastIncludedIndex && log.termAt(index) !== term)
      throw new Violation(
        `server ${server} leads term ${state.currentTerm} without entry ${index} of term ${term}, ` +
          `committed in term ${chosen[index]?.committedInTerm}; it has ${log.describe()}`,
      );
  },
};
