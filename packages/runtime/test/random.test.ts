// Streams, and the distribution of draws. The statistics use fixed seeds, so that their result never changes.
import { Random } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const path = fc.array(fc.string(), { maxLength: 4 });
const seed = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

function forked(from: Random, names: readonly string[]): Random {
  let random = from;
  for (const name of names) random = random.fork(name);
  return random;
}

function draws(random: Random, count = 8): number[] {
  return Array.from({ length: count }, () => random.safeInteger());
}

/** The chi-square statistic of the counts against a uniform distribution. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('streams', () => {
  test('the same seed and path draw the same values', () => {
    fc.assert(
      fc.property(seed, path, (given, names) => {
        expect(draws(forked(Random.fromSeed(given), names))).toEqual(
          draws(forked(Random.fromSeed(given), names)),
        );
      }),
    );
  });

  test('a fork does not depend on earlier draws, and does not affect later ones', () => {
    fc.assert(
      fc.property(seed, fc.string(), fc.nat(20), (given, name, count) => {
        const fresh = Random.fromSeed(given);
        const used = Random.fromSeed(given);
        draws(used, count);
        draws(used.fork('another'), count);
        expect(draws(used.fork(name))).toEqual(draws(fresh.fork(name)));
        expect(draws(used)).toEqual(draws(fresh, count + 8).slice(count));
      }),
    );
  });

  test('different seeds and different paths draw different values', () => {
    const streams = fc.uniqueArray(fc.tuple(seed, path), {
      minLength: 2,
      maxLength: 20,
      selector: ([given, names]) => JSON.stringify([typeof given, given, ...names]),
    });
    fc.assert(
      fc.property(streams, (all) => {
        const firsts = all.map(([given, names]) => draws(forked(Random.fromSeed(given), names), 2).join());
        expect(new Set(firsts).size).toBe(all.length);
      }),
    );
  });

  test('paths whose names have the same concatenation are different streams', () => {
    const root = Random.fromSeed('s');
    const streams = [
      root.fork('a').fork('b'),
      root.fork('a/b'),
      root.fork('a"/"b'),
      root.fork('ab'),
      Random.fromSeed('s/a').fork('b'),
      Random.fromSeed('"s"/"a"').fork('b'),
      Random.fromSeed(1),
      Random.fromSeed('1'),
    ];
    expect(new Set(streams.map((stream) => draws(stream).join())).size).toBe(streams.length);
  });

  test('a clone continues from the same state, independently', () => {
    const original = Random.fromSeed(7);
    draws(original, 3);
    const copy = original.clone();
    const expected = draws(original.clone(), 5);
    expect(draws(copy, 5)).toEqual(expected);
    expect(draws(original, 5)).toEqual(expected);
    expect(draws(copy.fork('x'))).toEqual(draws(original.fork('x')));
  });

  // 100 cells, so 99 degrees of freedom: a uniform source exceeds 149 for one seed in a thousand.
  test('the first draws of consecutive seeds and of similarly named forks are uniform', () => {
    const bySeed = Array.from<number>({ length: 100 }).fill(0);
    const byFork = Array.from<number>({ length: 100 }).fill(0);
    const root = Random.fromSeed('root');
    for (let number = 0; number < 20_000; number += 1) {
      const a = Random.fromSeed(number).int(0, 99);
      const b = root.fork(`server ${number}`).int(0, 99);
      bySeed[a] = (bySeed[a] ?? 0) + 1;
      byFork[b] = (byFork[b] ?? 0) + 1;
    }
    expect(chiSquare(bySeed)).toBeLessThan(149);
    expect(chiSquare(byFork)).toBeLessThan(149);
  });
});

describe('draws', () => {
  test('int stays in [min, max]', () => {
    fc.assert(
      fc.property(seed, fc.maxSafeInteger(), fc.maxSafeInteger(), (given, a, b) => {
        const [min, max] = a < b ? [a, b] : [b, a];
        const random = Random.fromSeed(given);
        for (let count = 0; count < 5; count += 1) {
          const value = random.int(min, max);
          expect(Number.isSafeInteger(value) && value >= min && value <= max, `${value}`).toBe(true);
        }
        expect(random.int(min, min)).toBe(min);
      }),
    );
  });

  test.each([
    [0, 1],
    [-3, 6],
    [50, 350],
  ])('int(%d, %d) draws every integer with the same frequency', (min, max) => {
    const random = Random.fromSeed(1);
    const cells = max - min + 1;
    const counts = Array.from<number>({ length: cells }).fill(0);
    for (let count = 0; count < 1000 * cells; count += 1) {
      const cell = random.int(min, max) - min;
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    // The statistic has mean cells - 1 and twice that as variance: the bound is five standard deviations.
    expect(chiSquare(counts)).toBeLessThan(cells - 1 + 5 * Math.sqrt(2 * (cells - 1)));
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test('safeInteger is uniform in [0, 2^53)', () => {
    const random = Random.fromSeed(3);
    const values = draws(random, 20_000);
    expect(values.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
    expect(new Set(values).size).toBe(values.length);
    const counts = Array.from<number>({ length: 64 }).fill(0);
    for (const value of values)
      counts[Math.floor(value / 2 ** 47)] = (counts[Math.floor(value / 2 ** 47)] ?? 0) + 1;
    expect(chiSquare(counts)).toBeLessThan(63 + 5 * Math.sqrt(126));
    expect(values.filter((value) => value % 2 === 1).length / values.length).toBeCloseTo(0.5, 1);
  });

  test('uniform stays in [min, max), with the mean in the middle', () => {
    const finite = fc.double({ noNaN: true, min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(seed, finite, finite, (given, a, b) => {
        const [min, max] = a < b ? [a, b] : [b, a];
        const value = Random.fromSeed(given).uniform(min, max);
        expect(value >= min && (value < max || min === max), `${value}`).toBe(true);
      }),
    );
    const random = Random.fromSeed(5);
    let sum = 0;
    for (let count = 0; count < 100_000; count += 1) sum += random.uniform(10, 20);
    expect(sum / 100_000).toBeCloseTo(15, 1);
  });

  test.each([
    [100, 1000],
    [0, 10],
    [10, 10],
    [2, 3],
  ])('chance(%d, %d) is true with that frequency', (count, outOf) => {
    const random = Random.fromSeed(11);
    let hits = 0;
    for (let draw = 0; draw < 100_000; draw += 1) hits += random.chance(count, outOf) ? 1 : 0;
    expect(hits / 100_000).toBeCloseTo(count / outOf, 2);
    expect(hits === 0).toBe(count === 0);
    expect(hits === 100_000).toBe(count === outOf);
  });

  test('pick draws every item, and string every character of its alphabet', () => {
    const random = Random.fromSeed(13);
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])));
    expect([...picked].toSorted()).toEqual(['a', 'b', 'c']);
    const text = random.string(20_000);
    expect(text).toMatch(/^[\w-]{20000}$/);
    expect(new Set(text).size).toBe(64);
    expect(random.string(0)).toBe('');
  });

  test.each<[what: string, draw: (random: Random) => unknown]>([
    ['int(1, 0)', (random) => random.int(1, 0)],
    ['int(0.5, 2)', (random) => random.int(0.5, 2)],
    ['int(0, NaN)', (random) => random.int(0, NaN)],
    ['int(0, 2^53)', (random) => random.int(0, 2 ** 53)],
    ['chance(1, 0)', (random) => random.chance(1, 0)],
    ['chance(0, 0)', (random) => random.chance(0, 0)],
    ['chance(-1, 2)', (random) => random.chance(-1, 2)],
    ['chance(3, 2)', (random) => random.chance(3, 2)],
    ['string(-1)', (random) => random.string(-1)],
    ['string(0.5)', (random) => random.string(0.5)],
    ['uniform(NaN, 1)', (random) => random.uniform(NaN, 1)],
    ['uniform(2, 1)', (random) => random.uniform(2, 1)],
    ['uniform(0, Infinity)', (random) => random.uniform(0, Infinity)],
    ['pick([])', (random) => random.pick([])],
    ['fromSeed(NaN)', () => Random.fromSeed(NaN)],
  ])('%s throws a RangeError', (_what, draw) => {
    expect(() => draw(Random.fromSeed(1))).toThrow(RangeError);
  });
});
