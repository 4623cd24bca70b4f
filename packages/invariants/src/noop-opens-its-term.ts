// Checks the entries that are written to logs. That a noop has its leader's term follows from Election Safety and Log Matching.
import { Violation, type ServerRule } from './invariant.ts';

export const noopOpensItsTerm: ServerRule = {
  name: 'A noop opens its term',
  statement:
    'A noop is the first entry of its term; a leader appends it when it is elected, and at no other time.',
  source: 'Raft paper, §8',
  onStep({ server, outputs, before, state }) {
    const log = outputs.persist?.batch.log;
    if (log === undefined) return;
    const { firstIndex, entries } = log;
    let index = firstIndex - 1;
    for (const { kind, term } of entries) {
      index += 1;
      if (kind !== 'noop') continue;
      const previousTerm = entries[index - firstIndex - 1]?.term ?? state.log.termAt(index - 1);
      if (previousTerm !== undefined && previousTerm >= term)
        throw new Violation(
          `server ${server} stores a noop at ${index} of term ${term}, after an entry of the same term`,
        );
      if (before.role === 'leader' && state.standing.role === 'leader')
        throw new Violation(
          `server ${server} leads term ${state.currentTerm} already, and appends a noop at ${index}`,
        );
    }
  },
};
