// Binary search finds the same as linear search.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetOf } from '#src/model/search-sorted';

test('offsetOf finds the same as indexOf', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40)), fc.nat(40), (numbers, wanted) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      expect(offsetOf(sorted, wanted)).toBe(sorted.indexOf(wanted));
    }),
  );
});
