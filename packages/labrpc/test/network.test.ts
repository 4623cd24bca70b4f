// The life of a request (spec 3.2), the accounting (3.4), and the mistakes that the network names.
import { LabClientEnd, Network } from '@raftlab/labrpc';
import { Random, SystemClock, type VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { countOf, echo, echoServer, echoSize, manyCalls, setUp, timedCall, type SetUp } from './set-up.ts';

const failed = { ok: false, reply: undefined };

describe('a request that cannot be delivered', () => {
  const causes: Array<[cause: string, prepare: (net: Network) => void]> = [
    ['the end is disabled', (net) => net.enable('e', false)],
    ['the end was deleted', (net) => net.deleteEnd('e')],
    ['the end leads to a name without a server', (net) => net.connect('e', 'nobody')],
    ['the server was deleted', (net) => net.deleteServer('s')],
  ];
  test.each(causes)('runs no handler and fails within 99 ms: %s', async (_cause, prepare) => {
    const given = setUp();
    prepare(given.net);
    const results = await given.clock.run(() => manyCalls(given, 200));
    expect(results.filter(({ ok }) => ok)).toEqual([]);
    expect(Math.max(...results.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(99);
    expect(given.handled).toEqual([]);
    expect(countOf(given.events, 'undeliverable')).toBe(200);
  });

  test('includes every call on an end that was never connected', async () => {
    const given = setUp();
    const end = given.net.makeEnd('new');
    given.net.enable('new', true);
    expect(await given.clock.run(() => end.call(echo, 'x'))).toEqual({ ok: false });
    expect(given.handled).toEqual([]);
  });

  test('includes every call on an end that was never enabled', async () => {
    const given = setUp();
    const end = given.net.makeEnd('new');
    given.net.connect('new', 's');
    expect(await given.clock.run(() => end.call(echo, 'x'))).toEqual({ ok: false });
    expect(given.handled).toEqual([]);
  });

  test('stays undeliverable when its end is enabled while it waits', async () => {
    const given = setUp();
    given.net.enable('e', false);
    const results = await given.clock.run(() => {
      const calls = manyCalls(given, 50);
      given.net.enable('e', true);
      return calls;
    });
    expect(results.some(({ ok }) => ok)).toBe(false);
    expect(given.handled).toEqual([]);
  });

  test('keeps the kind of delay that was in force when it entered', async () => {
    expect(await longestOf(false, true)).toBeLessThanOrEqual(99);
    expect(await longestOf(true, false)).toBeGreaterThan(99);
  });
});

describe('a request on a reliable network', () => {
  test.each([
    ['synchronous', setUp({ handler: (text) => text })],
    ['asynchronous', setUp({ handler: async (text) => text })],
  ])('costs no time, no timer and no deferred callback: %s handler', async (_kind, given) => {
    const before = given.clock.eventCount;
    await given.clock.run(async () => {
      const results = await manyCalls(given, 100);
      expect(results.every(({ ok, tookMs }) => ok && tookMs === 0)).toBe(true);
      expect(given.clock.pendingTimerCount).toBe(0);
    });
    expect(given.clock.eventCount).toBe(before);
  });

  test('never reaches its handler inside the turn of its caller, and overtakes no earlier one', async () => {
    const given = setUp();
    const calls = ['a', 'b', 'c'].map((text) => given.end.call(echo, text));
    expect(given.handled).toEqual([]);
    await Promise.all(calls);
    expect(given.handled).toEqual(['a', 'b', 'c']);
  });

  test('may be overtaken by one whose handler is faster', async () => {
    const given = setUp({
      handler: async (text, clock) => {
        await clock.sleep(Number(text));
        return text;
      },
    });
    const order: string[] = [];
    const call = async (text: string): Promise<void> => {
      await given.end.call(echo, text);
      order.push(text);
    };
    await given.clock.run(() => Promise.all(['30', '10', '20'].map(call)));
    expect(order).toEqual(['10', '20', '30']);
  });
});

describe('the flags', () => {
  test('are read once, when a call enters: one that entered an unreliable network stays in danger', async () => {
    const given = setUp({ handler: slowly(10) });
    given.net.reliable(false);
    expect(await successShare(given, () => given.net.reliable(true))).toBeCloseTo(0.81, 1);
    expect(countOf(given.events, 'replyDropped')).toBeGreaterThan(50);
  });

  test('are read once, when a call enters: one that entered a reliable network stays safe', async () => {
    const given = setUp({ handler: slowly(10) });
    expect(await successShare(given, () => given.net.reliable(false))).toBe(1);
    expect(given.clock.now()).toBe(10);
  });

  test('are read once, when a call enters: long reordering holds back those it met, and no others', async () => {
    expect(await heldBackCount(true)).toBeGreaterThan(600);
    expect(await heldBackCount(false)).toBe(0);
  });
});

describe('what changes while a call is inside', () => {
  test('does not stop a request: its end is disabled during the short delay, it is executed, its reply suppressed', async () => {
    const given = setUp();
    given.net.reliable(false);
    const results = await given.clock.run(async () => {
      const calls = manyCalls(given, 1000);
      given.net.enable('e', false);
      return calls;
    });
    expect(results.some(({ ok }) => ok)).toBe(false);
    expect(given.handled.length).toBeGreaterThan(850);
    expect(given.server.getCount()).toBe(given.handled.length);
    expect(countOf(given.events, 'refused')).toBe(given.handled.length);
  });

  const deaths: Array<[death: string, strike: (given: SetUp) => void]> = [
    ['its server is deleted', ({ net }) => net.deleteServer('s')],
    [
      'its server is replaced',
      ({ net }) =>
        net.addServer(
          's',
          echoServer((text) => text),
        ),
    ],
    ['its end is disabled', ({ net }) => net.enable('e', false)],
    ['its end is deleted', ({ net }) => net.deleteEnd('e')],
  ];
  test.each(deaths)('makes a call fail although its handler ran: %s', async (_death, strike) => {
    const given = setUp({ handler: slowly(50) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(20);
      strike(given);
      expect(await call).toEqual({ ...failed, tookMs: 50 });
      expect(given.clock.pendingTimerCount).toBe(0);
    });
    expect(given.handled).toEqual(['x']);
  });

  test.each(deaths)('ends a long wait at the next full 100 ms: %s', async (_death, strike) => {
    const given = setUp({ handler: slowly(450) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(120);
      strike(given);
      expect(await call).toEqual({ ...failed, tookMs: 200 });
      const sizeBytes = given.net.getTotalBytes();
      await given.clock.sleep(1000);
      expect(given.net.getTotalBytes(), 'the late result is thrown away').toBe(sizeBytes);
    });
  });

  test('is forgiven when it is undone before anyone asks', async () => {
    const given = setUp({ handler: slowly(450) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(120);
      given.net.enable('e', false);
      given.net.deleteServer('s');
      await given.clock.sleep(60);
      given.net.enable('e', true);
      given.net.addServer('s', given.server);
      expect(await call).toEqual({ ok: true, reply: 'x', tookMs: 450 });
    });
  });

  test.each(deaths)('does not keep a delayed reply from being delivered: %s', async (_death, strike) => {
    const given = setUp();
    given.net.longReordering(true);
    await given.clock.run(async () => {
      const calls = manyCalls(given, 300);
      await given.clock.sleep(150);
      const delayedCount = countOf(given.events, 'replyDelayed');
      expect(delayedCount).toBeGreaterThan(150);
      strike(given);
      expect((await calls).every(({ ok }) => ok)).toBe(true);
    });
  });
});

describe('accounting', () => {
  test('counts arguments when a call enters, and the reply when it is handed over', async () => {
    const given = setUp({ handler: slowly(5) });
    await given.clock.run(async () => {
      const call = timedCall(given, 'hello');
      expect(given.net.getTotalCount()).toBe(1);
      expect(given.net.getTotalBytes()).toBe(echoSize('hello'));
      expect(given.net.getCount('s')).toBe(0);
      await call;
      expect(given.net.getTotalBytes()).toBe(2 * echoSize('hello'));
      expect(given.net.getCount('s')).toBe(1);
    });
  });

  test('counts a call that cannot be delivered, with its arguments, but not at the server', async () => {
    const given = setUp();
    given.net.enable('e', false);
    await given.clock.run(() => timedCall(given, 'hello'));
    expect(given.net.getTotalCount()).toBe(1);
    expect(given.net.getTotalBytes()).toBe(echoSize('hello'));
    expect(given.net.getCount('s')).toBe(0);
  });

  test('counts dropped requests in the total only, and dropped replies not at all', async () => {
    const given = setUp();
    given.net.reliable(false);
    const results = await given.clock.run(() => manyCalls(given, 1000));
    const successCount = results.filter(({ ok }) => ok).length;
    const droppedCount = countOf(given.events, 'requestDropped');
    expect(given.net.getTotalCount()).toBe(1000);
    expect(given.net.getCount('s')).toBe(1000 - droppedCount);
    expect(given.net.getTotalBytes()).toBe((1000 + successCount) * echoSize('x'));
    expect(countOf(given.events, 'replyDropped')).toBe(1000 - droppedCount - successCount);
  });

  test('counts a delayed reply when the delay ends', async () => {
    const given = setUp();
    given.net.longReordering(true);
    await given.clock.run(async () => {
      const calls = manyCalls(given, 100);
      await given.clock.sleep(199);
      const atOnceCount = 100 - countOf(given.events, 'replyDelayed');
      expect(given.net.getTotalBytes()).toBe((100 + atOnceCount) * echoSize('x'));
      await calls;
      expect(given.net.getTotalBytes()).toBe(200 * echoSize('x'));
    });
  });

  test('does not count the reply of a server that died', async () => {
    const given = setUp({ handler: slowly(5) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(1);
      given.net.deleteServer('s');
      await call;
    });
    expect(given.net.getTotalBytes()).toBe(echoSize('x'));
  });

  test('starts anew with each server object', async () => {
    const given = setUp();
    await given.clock.run(() => manyCalls(given, 3));
    given.net.addServer(
      's',
      echoServer((text) => text),
    );
    expect(given.net.getCount('s')).toBe(0);
    await given.clock.run(() => timedCall(given));
    expect(given.net.getCount('s')).toBe(1);
    expect(given.server.getCount()).toBe(3);
    expect(given.net.getTotalCount()).toBe(4);
  });
});

describe('names', () => {
  test('are compared by value, and a number is the same server as its digits', async () => {
    const given = setUp();
    given.net.addServer(99, given.server);
    given.net.connect('e', '99');
    expect((await given.clock.run(() => timedCall(given))).ok).toBe(true);
    expect(given.net.getCount('99')).toBe(1);
    given.net.deleteServer('99');
    expect(() => given.net.getCount(99)).toThrow('Server "99" was deleted; servers are "s".');
  });

  const mistakes: Array<[message: string, mistake: (net: Network) => void]> = [
    ['There is already an end "e"; names in use are "e".', (net) => net.makeEnd('e')],
    ['There is no end "x"; ends are "e".', (net) => net.deleteEnd('x')],
    ['There is no end "x"; ends are "e".', (net) => net.connect('x', 's')],
    ['There is no end "x"; ends are "e".', (net) => net.enable('x', true)],
    ['Server "7" was never added; servers are "s".', (net) => net.getCount(7)],
    ['A server is named by a string or an integer; got NaN.', (net) => net.deleteServer(Number.NaN)],
  ];
  test.each(mistakes)('used wrongly are explained: %s', (message, mistake) => {
    expect(() => mistake(setUp().net)).toThrow(message);
  });

  test('are not all listed when there are many', () => {
    const { net } = setUp();
    for (let i = 0; i < 30; i += 1) net.makeEnd(`end-${i}`);
    expect(() => net.enable('x', true)).toThrow('and 11 more');
  });

  test('of a deleted end may be used again, and both objects are then the new end', async () => {
    const given = setUp();
    given.net.deleteEnd('e');
    const end = given.net.makeEnd('e');
    expect(end).toBeInstanceOf(LabClientEnd);
    given.net.connect('e', 's');
    given.net.enable('e', true);
    expect((await given.clock.run(() => timedCall(given))).ok).toBe(true);
  });
});

describe('cleanup', () => {
  test('fails new calls at once and does not count them', async () => {
    const given = setUp();
    given.net.cleanup();
    expect(await given.clock.run(() => timedCall(given))).toEqual({ ...failed, tookMs: 0 });
    expect([given.net.getTotalCount(), given.net.getTotalBytes()]).toEqual([0, 0]);
    expect(given.events).toEqual([]);
  });

  test('fails at once the calls that cannot be delivered, and leaves no timer of theirs', async () => {
    const given = setUp();
    given.net.enable('e', false);
    given.net.longDelays(true);
    await given.clock.run(async () => {
      const calls = manyCalls(given, 100);
      await given.clock.sleep(1);
      expect(given.clock.pendingTimerCount).toBeGreaterThan(90);
      given.net.cleanup();
      expect(given.clock.pendingTimerCount).toBe(0);
      expect((await calls).some(({ ok }) => ok)).toBe(false);
      expect(given.clock.now()).toBe(1);
    });
  });

  test('lets calls that can be delivered go on to their end, after which no timer is left', async () => {
    const given = setUp({ handler: slowly(150) });
    given.net.longReordering(true);
    await given.clock.run(async () => {
      const calls = manyCalls(given, 100);
      await given.clock.sleep(1);
      given.net.cleanup();
      const results = await calls;
      expect(results.every(({ ok, tookMs }) => ok && tookMs >= 150)).toBe(true);
      expect(given.clock.pendingTimerCount).toBe(0);
    });
  });
});

test('calls, enabled ends and servers work without any observer, on the system clock too', async () => {
  const net = new Network({ clock: new SystemClock(), random: Random.fromSeed(1) });
  net.addServer(
    1,
    echoServer((text) => text),
  );
  const end = net.makeEnd('e');
  net.connect('e', 1);
  net.enable('e', true);
  expect(await end.call(echo, 'x')).toEqual({ ok: true, reply: 'x' });
  net.cleanup();
});

test('on the system clock, reliable calls one after another leave others their turn', async () => {
  const clock = new SystemClock();
  const net = new Network({ clock, random: Random.fromSeed(1) });
  net.addServer(
    1,
    echoServer((text) => text),
  );
  const end = net.makeEnd('e');
  net.connect('e', 1);
  net.enable('e', true);
  const timers: string[] = [];
  clock.setTimer(10, () => timers.push('fired'));
  for (let callCount = 0; timers.length === 0 && callCount < 1_000_000; callCount += 1) {
    await end.call(echo, 'x');
  }
  net.cleanup();
  expect(timers).toEqual(['fired']);
});

function slowly(delayMs: number): (text: string, clock: Pick<VirtualClock, 'sleep'>) => Promise<string> {
  return async (text, clock) => {
    await clock.sleep(delayMs);
    return text;
  };
}

/** The longest wait of 100 calls that cannot be delivered, when longDelays changes right after they entered. */
function longestOf(before: boolean, after: boolean): Promise<number> {
  const given = setUp();
  given.net.enable('e', false);
  given.net.longDelays(before);
  return given.clock.run(async () => {
    const calls = manyCalls(given, 100);
    given.net.longDelays(after);
    return Math.max(...(await calls).map(({ tookMs }) => tookMs));
  });
}

/** How many of 1000 calls succeed, as a share, when `change` comes right after they entered. */
async function successShare(given: SetUp, change: () => void): Promise<number> {
  const results = await given.clock.run(() => {
    const calls = manyCalls(given, 1000);
    change();
    return calls;
  });
  return results.filter(({ ok }) => ok).length / 1000;
}

/** How many of 1000 replies are held back when longReordering changes right after the calls entered. */
async function heldBackCount(before: boolean): Promise<number> {
  const given = setUp({ handler: slowly(10) });
  given.net.longReordering(before);
  expect(await successShare(given, () => given.net.longReordering(!before))).toBe(1);
  return countOf(given.events, 'replyDelayed');
}
