// The commit rule's arithmetic against an oracle that sorts (trap: an optimised quorum structure once
// committed without a quorum).
/* oxlint-disable vitest/expect-expect -- check() expects */
import { majorityOf, quorumValue } from '#src/core/quorum';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

/** The value that is in the middle when they are sorted, the higher ones first. */
function oracle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => b - a)[Math.floor(values.length / 2)];
}

function check(serverCount: number, expected: number): void {
  expect(majorityOf(serverCount), `majority of ${serverCount}`).toBe(expected);
}

test('a majority is more than half (§5.2)', () => {
  check(1, 1);
  check(2, 2);
  check(3, 2);
  check(4, 3);
  check(5, 3);
  check(6, 4);
  check(7, 4);
});

test('two majorities of the same servers always share one (§5.2)', () => {
  for (let serverCount = 1; serverCount <= 15; serverCount += 1) {
    expect(2 * majorityOf(serverCount)).toBeGreaterThan(serverCount);
  }
});

test('the quorum value is what a majority has reached, and no more (§5.3, §5.4)', () => {
  const value = fc.oneof(fc.nat(20), fc.nat(), fc.maxSafeNat(), fc.double({ noNaN: true, min: 0 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 9 }), (values) => {
      expect(quorumValue(values)).toBe(oracle(values));
    }),
  );
});

test('numbers are ordered as numbers, not as text', () => {
  expect(quorumValue([9, 10, 100])).toBe(10);
  expect(quorumValue([2, 10, 1])).toBe(2);
});

test('the values are left as they were', () => {
  const values = [3, 1, 2];
  quorumValue(values);
  expect(values).toEqual([3, 1, 2]);
});
