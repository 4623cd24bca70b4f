// The tables of the explorer compared with Set and Map while they grow.
import { expect, test } from 'vitest';
import { Random } from '@raftlab/runtime';
import { FingerprintSet } from '#src/fingerprint-set';
import { PairTable, unknown } from '#src/pair-table';

test('adding to a set of fingerprints returns whether the fingerprint is new', () => {
  const random = Random.fromSeed(1);
  const set = new FingerprintSet();
  const model = new Set<string>();
  let mistakes = 0;
  for (let count = 0; count < 40_000; count += 1) {
    // Few high words, so that slots collide and fingerprints repeat; negative words as in an Int32Array.
    const [low, high] = [random.int(-10_000, 10_000), random.int(-1, 1)];
    if (low === 0 && high === 0) continue;
    const key = `${low} ${high}`;
    if (set.add(low, high) === model.has(key)) mistakes += 1;
    model.add(key);
  }
  expect([mistakes, set.size]).toEqual([0, model.size]);
});

test('a table of pairs returns the last value that was stored for a pair', () => {
  const random = Random.fromSeed(2);
  const table = new PairTable();
  const model = new Map<string, number>();
  let mistakes = 0;
  for (let count = 0; count < 40_000; count += 1) {
    const [first, second, value] = [random.int(0, 100), random.int(0, 100), random.int(0, 1_000)];
    const key = `${first} ${second}`;
    if (table.get(first, second) !== (model.get(key) ?? unknown)) mistakes += 1;
    table.set(first, second, value);
    model.set(key, value);
  }
  expect([mistakes, table.size]).toEqual([0, model.size]);
});
