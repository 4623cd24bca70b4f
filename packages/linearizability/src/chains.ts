// Why a set of linearized operations takes a few bits, however long the history is.
import type { Interval } from './interval.ts';

/** A chain for every completed operation. */
export interface Chains {
  /** By place of the interval; `undefined` for one that never returned. */
  readonly of: ReadonlyArray<number | undefined>;
  /** As many as completed operations overlap, at most. */
  readonly count: number;
}

/**
 * Divides completed operations into chains: in a chain, each operation returns before the next is called. So a set of
 * linearized operations, which has with each operation all that precede it, has the first few of each chain.
 *
 * The total number of operations in such a set and the parity of the number in each chain determine the set. For let two
 * sets agree in both and differ. Then each has two or more operations than the other in some chain: set A has `a` and the later
 * `a2` of one chain, which set B lacks, and B has `b` and the later `b2` of another, which A lacks. A has `a2`, so whatever it
 * lacks returns after the call of `a2`: return(b) > call(a2) > return(a). For the same reason return(a) > call(b2) > return(b).
 */
export function chainsOf<Input, Output>(intervals: ReadonlyArray<Interval<Input, Output>>): Chains {
  const byReturn = intervals
    .map(({ returnPosition }, offset) => ({ returnPosition, offset }))
    .filter(({ returnPosition }) => returnPosition !== Infinity)
    .toSorted((a, b) => a.returnPosition - b.returnPosition);
  const of: Array<number | undefined> = [];
  const free: number[] = [];
  let returned = 0;
  let count = 0;
  const next = () => {
    count += 1;
    return count - 1;
  };
  for (const { callPosition, returnPosition } of intervals) {
    for (let first = byReturn[returned]; first !== undefined && first.returnPosition < callPosition;) {
      free.push(of[first.offset] ?? 0);
      returned += 1;
      first = byReturn[returned];
    }
    of.push(returnPosition === Infinity ? undefined : (free.pop() ?? next()));
  }
  return { of, count };
}
