// Slow handlers. The watch sets a timer only when an end or a server has changed; these tests compare it with a network that
// checks every pending call every 100 ms.
import { DeadlockError } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { echo, setUp, timedCall } from './set-up.ts';

test('a slow handler costs the network no timer while nothing changes', async () => {
  const given = setUp({
    handler: async (text, clock) => {
      await clock.sleep(5000);
      return text;
    },
  });
  expect(await given.clock.run(() => timedCall(given))).toEqual({ ok: true, reply: 'x', tookMs: 5000 });
  expect(given.clock.eventCount).toBe(1); // the handler's own sleep
});

test('a handler that never answers is listed in the DeadlockError', async () => {
  const given = setUp({ handler: () => new Promise(() => undefined) });
  const deadlock = await given.clock
    .run(async () => {
      await given.clock.sleep(25);
      await given.end.call(echo, 'x');
    })
    .catch((error: unknown) => error);
  expect(deadlock).toBeInstanceOf(DeadlockError);
  expect(deadlock).toMatchObject({
    waiting: ['call 1, Test.Echo on end "e": server "s" has not answered since 25 ms'],
  });
});

test('a change at the very time of a check is seen by the next check', async () => {
  const given = setUp({ handler: () => new Promise(() => undefined) });
  await given.clock.run(async () => {
    const call = timedCall(given);
    await given.clock.sleep(300);
    given.net.deleteServer('s');
    expect(await call).toMatchObject({ ok: false, tookMs: 400 });
  });
});

test('a call ends as if it were checked every 100 ms and once more when its handler returns', async () => {
  // Changes come at halves of a millisecond, so that they never coincide with a check or an answer.
  const instant = fc.integer({ min: 0, max: 900 }).map((ms) => ms + 0.5);
  const target = fc.constantFrom('end', 'server');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: instant, target }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 1000 }),
      async (unsorted, handlerMs) => {
        const changes = unsorted.toSorted((a, b) => a.at - b.at);
        const given = setUp({
          handler: async (text, clock) => {
            await clock.sleep(handlerMs);
            return text;
          },
        });
        const isUp = { end: true, server: true };
        for (const change of changes) {
          given.clock.setTimer(change.at, () => {
            const up = (isUp[change.target] = !isUp[change.target]);
            if (change.target === 'end') given.net.enable('e', up);
            else if (up) given.net.addServer('s', given.server);
            else given.net.deleteServer('s');
          });
        }
        const { ok, tookMs } = await given.clock.run(() => timedCall(given));
        expect({ ok, tookMs }).toEqual(checkEvery100Ms(changes, handlerMs));
      },
    ),
    { seed: 3, numRuns: 500 },
  );
});

/** The rule of the lab: a call fails at the first check that finds its server dead, or when its handler returns. */
function checkEvery100Ms(
  changes: ReadonlyArray<{ at: number; target: 'end' | 'server' }>,
  handlerMs: number,
): { ok: boolean; tookMs: number } {
  const isDeadAt = (instant: number): boolean => {
    const isDown = (target: string): boolean =>
      changes.filter((change) => change.target === target && change.at < instant).length % 2 === 1;
    return isDown('end') || isDown('server');
  };
  for (let instant = 100; instant < handlerMs; instant += 100) {
    if (isDeadAt(instant)) return { ok: false, tookMs: instant };
  }
  return { ok: !isDeadAt(handlerMs), tookMs: handlerMs };
}
