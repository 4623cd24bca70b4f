import type { Ghost } from './ghost.ts';
import { Violation, type Invariant } from './invariant.ts';

/** The strictest check: it fails before the services of two servers differ. */
export const chosenIsDurable: Invariant = {
  name: 'Chosen is durable on a majority',
  statement:
    'From the moment when a server commits an entry, the entry is on the stable storage of a majority of the voters.',
  source: 'Raft paper, §5.3, §5.4.2; thesis 3.8, 4.2.1',
  onStep({ server, before, state }, ghost) {
    const index = state.commitIndex;
    if (index === before.commitIndex || ghost.isOnMajority(index)) return;
    throw new Violation(`server ${server} commits it: ${describe(index, ghost)}`);
  },
  onDurable(server, { log }, ghost) {
    if (log === undefined) return;
    // A server that appends far behind the others loses nothing, however much was chosen meanwhile.
    const last = Math.min(ghost.lastChosenIndex, ghost.imageOf(server).lastIndexBefore);
    for (let index = log.firstIndex; index <= last; index += 1) {
      if (ghost.isOnMajority(index)) continue;
      throw new Violation(
        `server ${server} writes its log from ${log.firstIndex}: ${describe(index, ghost)}`,
      );
    }
  },
};

function describe(index: number, ghost: Ghost): string {
  const holders = [...ghost.holdersOf(index)].join(', ') || 'no server';
  const { term } = ghost.chosen[index] ?? {};
  return `entry ${index} of term ${term} is durable on ${holders} only; the members are ${ghost.membership.describe()}`;
}
