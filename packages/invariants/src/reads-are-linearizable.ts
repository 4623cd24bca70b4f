// Compares the index of each read with what the whole cluster had committed when the read arrived: ghost state that no server has.
import type { LogIndex } from '@raftlab/protocol';
import { Violation, type Invariant } from './invariant.ts';

/** By arrival: a read that is refused, or whose server crashes, is forgotten. */
export function readsAreLinearizable(): Invariant {
  const chosenAtArrival = new Map<string, LogIndex>();
  return {
    name: 'Reads are linearizable',
    statement:
      'A read that is served has an index that covers everything which any server had committed when the read arrived, and ' +
      'nothing that no server has committed.',
    source: 'Raft thesis, 6.4',
    onStep({ server, input, outputs }, { lastChosenIndex }) {
      if (input.kind === 'read') chosenAtArrival.set(`${server} ${input.id}`, lastChosenIndex);
      for (const outcome of outputs.reads) {
        const key = `${server} ${outcome.id}`;
        const least = chosenAtArrival.get(key);
        if (least === undefined)
          throw new Violation(`server ${server} ends read ${outcome.id}, which has not begun`);
        chosenAtArrival.delete(key);
        if (outcome.kind === 'refused') continue;
        const { readIndex } = outcome;
        if (least > readIndex || readIndex > lastChosenIndex)
          throw new Violation(
            `server ${server} serves read ${outcome.id} at ${readIndex}; entries up to ${least} were committed when it ` +
              `arrived, and up to ${lastChosenIndex} are now`,
          );
      }
    },
  };
}
