// The claim on which the compact form of sets rests: how many operations a set has, and the parity of that number in each chain,
// determine the set.
import { chainsOf } from '#src/chains';
import type { Interval } from '#src/interval';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

type AnyInterval = Interval<unknown, unknown>;

/** Intervals by call, between the positions 0 to 2n-1, some without a return. */
const arbitraryIntervals = fc
  .array(fc.record({ start: fc.nat(20), length: fc.nat(8), isLost: fc.boolean() }), { maxLength: 8 })
  .map((drawn) => {
    const moments = drawn.flatMap(({ start, length }, offset) => [
      { time: start, isReturn: false, offset },
      { time: start + length, isReturn: true, offset },
    ]);
    moments.sort((a, b) => a.time - b.time || Number(a.isReturn) - Number(b.isReturn));
    const positionOf = (offset: number, isReturn: boolean): number =>
      moments.findIndex((moment) => moment.offset === offset && moment.isReturn === isReturn);
    return drawn
      .map(({ isLost }, offset): AnyInterval => {
        const returnPosition = isLost && offset % 3 === 0 ? Infinity : positionOf(offset, true);
        const operation = { id: offset, input: undefined, callAt: 0 };
        return { operation, callPosition: positionOf(offset, false), returnPosition };
      })
      .toSorted((a, b) => a.callPosition - b.callPosition);
  });

test('count and parities determine a set that has with each operation all that precede it', () => {
  fc.assert(
    fc.property(arbitraryIntervals, (intervals) => {
      const chains = chainsOf(intervals);
      const completed = intervals.filter(({ returnPosition }) => returnPosition !== Infinity);
      const seen = new Map<string, string>();
      for (const set of closedSets(completed)) {
        const parities = Array.from({ length: chains.count }, () => 0);
        for (const interval of set) {
          const chain = chains.of[intervals.indexOf(interval)] ?? NaN;
          parities[chain] = 1 - (parities[chain] ?? NaN);
        }
        const form = `${set.length}:${parities.join('')}`;
        const name = set.map(({ operation }) => operation.id).join();
        expect(seen.get(form) ?? name).toBe(name);
        seen.set(form, name);
      }
    }),
  );
});

test('operations of one chain follow each other, and there are as many chains as operations overlap', () => {
  fc.assert(
    fc.property(arbitraryIntervals, (intervals) => {
      const chains = chainsOf(intervals);
      const ends = new Map<number, number>();
      let overlap = 0;
      intervals.forEach(({ callPosition, returnPosition }, offset) => {
        const chain = chains.of[offset];
        expect(chain === undefined).toBe(returnPosition === Infinity);
        if (chain === undefined) return;
        expect(ends.get(chain) ?? -1).toBeLessThan(callPosition);
        ends.set(chain, returnPosition);
        overlap = Math.max(overlap, [...ends.values()].filter((end) => end > callPosition).length);
      });
      expect(chains.count).toBe(overlap);
    }),
  );
});

/** All sets that have with each interval every one that precedes it. */
function closedSets(intervals: readonly AnyInterval[]): AnyInterval[][] {
  const all = Array.from({ length: 2 ** intervals.length }, (_, bits) =>
    intervals.filter((_interval, offset) => (bits & (1 << offset)) !== 0),
  );
  return all.filter((set) =>
    set.every(({ callPosition }) =>
      intervals.every((other) => other.returnPosition > callPosition || set.includes(other)),
    ),
  );
}
