// Message times, which the lab does not have: every request and every reply takes one.
import { expect, test } from 'vitest';
import { echo, setUp, type SetUp } from './set-up.ts';

/** How long so many calls take, one after another, in ms; the network may lose some. */
async function durations({ clock, end }: SetUp, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const beganAt = clock.now();
    await end.call(echo, 'x');
    took.push(clock.now() - beganAt);
  }
  return took;
}

test('a request and its reply each take a time from the range', async () => {
  const given = setUp();
  given.net.messageTime({ minMs: 2, maxMs: 4 });
  await given.clock.run(async () => {
    const took = await durations(given, 200);
    expect(Math.min(...took)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...took)).toBeLessThanOrEqual(8);
    expect(new Set(took).size).toBeGreaterThan(100);
    const kinds = given.events.slice(0, 4).map(({ kind }) => kind);
    expect(kinds).toEqual(['sent', 'dispatched', 'replyDelayed', 'delivered']);
  });
});

test('they come on top of the delays of an unreliable network', async () => {
  const given = setUp();
  given.net.reliable(false);
  given.net.messageTime({ minMs: 100, maxMs: 100 });
  await given.clock.run(async () => {
    for (const tookMs of await durations(given, 100)) {
      // A lost message ends its call without the time of the reply.
      expect(tookMs).toBeGreaterThanOrEqual(100);
      expect(tookMs).toBeLessThanOrEqual(226);
    }
  });
});

test('without them a reliable call takes no time, again', async () => {
  const given = setUp();
  given.net.messageTime({ minMs: 1, maxMs: 1 });
  given.net.messageTime(undefined);
  await given.clock.run(async () => expect(await durations(given, 1)).toEqual([0]));
});

test.each([
  { minMs: -1, maxMs: 1 },
  { minMs: 2, maxMs: 1 },
  { minMs: 0, maxMs: Infinity },
  { minMs: NaN, maxMs: 1 },
])('a range that is none is refused: %o', (range) => {
  expect(() => setUp().net.messageTime(range)).toThrow(/^messageTime takes 0 <= minMs/);
});
