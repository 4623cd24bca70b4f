// Checks the log and the leader's writes to storage, because either could lose entries without the other.
import { Violation, type ServerRule } from './invariant.ts';

export const leaderAppendOnly: ServerRule = {
  name: 'Leader Append-Only',
  statement: 'A leader never overwrites or deletes entries in its log; it only appends new entries.',
  source: 'Raft paper, Figure 3; §5.3',
  onStep({ server, outputs, before, state }) {
    if (before.role !== 'leader' || before.currentTerm !== state.currentTerm) return;
    const firstIndex = outputs.persist?.batch.log?.firstIndex;
    if (
      state.log.lastIndex < before.lastIndex ||
      !(firstIndex === undefined || firstIndex === before.lastIndex + 1)
    )
      throw new Violation(
        `leader ${server} of term ${state.currentTerm} had entries up to ${before.lastIndex}, ` +
          `wrote from ${firstIndex ?? 'nowhere'}, and has entries up to ${state.log.lastIndex}`,
      );
  },
};
