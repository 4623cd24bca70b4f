import type { Ghost } from './ghost.ts';
import { expectThat, type Invariant } from './invariant.ts';

/** The strictest check: it fails before the services of two servers differ. */
export const chosenIsDurable: Invariant = {
  name: 'Chosen is durable on a majority',
  statement:
    'From the moment when a server commits an entry, the entry is on the stable storage of a majority of the voters.',
  source: 'Raft paper, §5.3, §5.4.2; thesis 3.8, 4.2.1',
  onStep({ server, before, state }, ghost) {
    if (state.commitIndex > before.commitIndex)
      check(state.commitIndex, `server ${server} commits it`, ghost);
  },
  onDurable(server, { log }, ghost) {
    if (log === undefined) return;
    for (let index = log.firstIndex; index <= ghost.lastChosenIndex; index += 1) {
      check(index, `server ${server} writes its log from ${log.firstIndex}`, ghost);
    }
  },
};

function check(index: number, occasion: string, ghost: Ghost): void {
  const holders = ghost.holdersOf(index);
  expectThat(
    ghost.membership.isQuorum(holders),
    () =>
      `${occasion}: entry ${index} of term ${ghost.chosen[index]?.term} is durable on ` +
      `${[...holders].join(', ') || 'no server'} only; the members are ${ghost.membership.describe()}`,
  );
}
