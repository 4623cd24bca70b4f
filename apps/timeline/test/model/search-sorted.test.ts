// Binary search gives what looking at everything gives.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOf } from '#src/model/search-sorted';

test('the place of a number is where it stands, if it does', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40)), fc.nat(40), (numbers, wanted) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      expect(placeOf(sorted, wanted)).toBe(sorted.indexOf(wanted));
    }),
  );
});
