// The delays and probabilities of the lab's network: the exact bounds of each draw, and the distribution over many calls.
// Statistical bounds are five standard deviations; seeds are fixed, so a test always has the same result.
import {
  drawIsDropped,
  drawReorderingDelayMs,
  drawShortDelayMs,
  drawUndeliverableDelayMs,
} from '#src/fault-draws';
import { describe, expect, test } from 'vitest';
import { countOf, manyCalls, setUp, type SetUp } from './set-up.ts';

/** Sources that always draw their lowest or highest value. */
const lowest = { int: (min: number) => min, chance: () => true };
const highest = { int: (_min: number, max: number) => max, chance: () => true };

describe('the bounds of each draw', () => {
  const table: Array<
    [title: string, draw: (source: typeof highest) => number | undefined, min: number, max: number]
  > = [
    ['a short delay is U[0,26] ms', drawShortDelayMs, 0, 26],
    [
      'an undeliverable call is pending for U[0,99] ms',
      (source) => drawUndeliverableDelayMs(source, false),
      0,
      99,
    ],
    [
      'with long delays it is pending for U[0,6999] ms',
      (source) => drawUndeliverableDelayMs(source, true),
      0,
      6999,
    ],
    ['a reordered reply is delayed by 200 to 2199 ms', drawReorderingDelayMs, 200, 2199],
  ];
  test.each(table)('%s', (_title, draw, min, max) => {
    expect(draw(lowest)).toBe(min);
    expect(draw(highest)).toBe(max);
  });

  test('100 of 1000 messages are dropped, and 600 of 900 replies delayed', () => {
    const draws: string[] = [];
    const chance = (count: number, outOf: number): boolean => (draws.push(`${count}/${outOf}`), false);
    expect(drawIsDropped({ ...lowest, chance })).toBe(false);
    expect(drawReorderingDelayMs({ ...lowest, chance })).toBeUndefined();
    expect(draws).toEqual(['100/1000', '600/900']);
  });
});

describe('measured over many calls', () => {
  test.each([
    { isLongDelays: false, count: 20_000, delayMaxMs: 99 },
    { isLongDelays: true, count: 35_000, delayMaxMs: 6999 },
  ])(
    'a call that cannot be delivered fails after U[0,$delayMaxMs] ms (long delays: $isLongDelays)',
    async ({ isLongDelays, count, delayMaxMs }) => {
      const given = setUp();
      given.net.enable('e', false);
      given.net.longDelays(isLongDelays);
      const results = await given.clock.run(() => manyCalls(given, count));
      expect(results.some(({ ok }) => ok)).toBe(false);
      expect(given.handled).toEqual([]);
      expectUniform(
        results.map(({ tookMs }) => tookMs),
        0,
        delayMaxMs,
      );
    },
  );

  test('on an unreliable network 90 % of the requests are executed and 81 % of the calls succeed', async () => {
    const count = 20_000;
    const given = await unreliableRun(count);
    expectShare(given.handled.length, count, 0.9);
    expectShare(given.successCount, count, 0.81);
    expect(given.server.getCount()).toBe(given.handled.length);
  });

  test('every request of an unreliable network takes U[0,26] ms, and a lost one fails at that time', async () => {
    const { events } = await unreliableRun(20_000);
    expect(countOf(events, 'sent')).toBe(20_000);
    const sentAt = new Map(
      events.filter(({ kind }) => kind === 'sent').map(({ callId, at }) => [callId, at]),
    );
    const delaysOf = (...kinds: string[]): number[] =>
      events
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ callId, at }) => at - (sentAt.get(callId) ?? NaN));
    expectUniform(delaysOf('dispatched'), 0, 26);
    expectUniform(delaysOf('requestDropped'), 0, 26);
    expectUniform(delaysOf('replyDropped', 'delivered'), 0, 26);
  });

  test('long reordering delays two thirds of the replies, also on a reliable network', async () => {
    const count = 20_000;
    const given = setUp();
    given.net.longReordering(true);
    const results = await given.clock.run(() => manyCalls(given, count));
    expect(results.every(({ ok }) => ok)).toBe(true);
    const delays = results.map(({ tookMs }) => tookMs).filter((tookMs) => tookMs > 0);
    expectShare(delays.length, count, 600 / 900);

    const spread = reorderingSpread();
    expect(Math.min(...delays)).toBe(200);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2199);
    expect(Math.max(...delays)).toBeGreaterThan(2100);
    expectMean(delays, { mean: 200 + spread.mean, deviation: spread.deviation });
    expect(spread.mean).toBeCloseTo(499.75, 6);
    for (const bound of [20, 100, 1000]) {
      expectShare(
        delays.filter((delayMs) => delayMs < 200 + bound).length,
        delays.length,
        spread.shareBelow(bound),
      );
    }
  });
});

async function unreliableRun(count: number): Promise<SetUp & { successCount: number }> {
  const given = setUp();
  given.net.reliable(false);
  const results = await given.clock.run(() => manyCalls(given, count));
  return { ...given, successCount: results.filter(({ ok }) => ok).length };
}

/** The exact distribution of U[0,X] where X is U[0,1999]. */
function reorderingSpread(): { mean: number; deviation: number; shareBelow(bound: number): number } {
  const outers = Array.from({ length: 2000 }, (_, x) => x);
  const average = (of: (x: number) => number): number =>
    outers.reduce((sum, x) => sum + of(x), 0) / outers.length;
  const mean = average((x) => x / 2);
  const square = average((x) => (x * (2 * x + 1)) / 6);
  const shareBelow = (bound: number): number => average((x) => Math.min(1, bound / (x + 1)));
  return { mean, deviation: Math.sqrt(square - mean * mean), shareBelow };
}

/** Checks both bounds, the mean, and the frequency of every value (chi-square). */
function expectUniform(values: readonly number[], min: number, max: number): void {
  const counts = Array.from({ length: max - min + 1 }, () => 0);
  for (const value of values) counts[value - min] = (counts[value - min] ?? 0) + 1;
  const outside = values.filter((value) => !(Number.isInteger(value) && value >= min && value <= max));
  expect(outside, `outside ${min}..${max}`).toEqual([]);
  expect(counts[0], `nothing at ${min}`).toBeGreaterThan(0);
  expect(counts.at(-1), `nothing at ${max}`).toBeGreaterThan(0);
  const deviation = Math.sqrt((counts.length ** 2 - 1) / 12);
  expectMean(values, { mean: (min + max) / 2, deviation });
  const expected = values.length / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const degrees = counts.length - 1;
  expect(Math.abs(chiSquare - degrees), 'chi-square').toBeLessThan(5 * Math.sqrt(2 * degrees));
}

function expectMean(values: readonly number[], expected: { mean: number; deviation: number }): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const bound = (5 * expected.deviation) / Math.sqrt(values.length);
  expect(
    Math.abs(mean - expected.mean),
    `mean ${mean} of ${values.length}, not ${expected.mean}`,
  ).toBeLessThan(bound);
}

function expectShare(count: number, outOf: number, share: number): void {
  const bound = 5 * Math.sqrt((share * (1 - share)) / outOf);
  expect(Math.abs(count / outOf - share), `${count} of ${outOf}, not ${share}`).toBeLessThan(bound);
}
