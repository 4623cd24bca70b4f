// The way of a request through the network, the counters, cleanup, and the errors for wrong names.
import {
  DuplicateEndError,
  LabClientEnd,
  Network,
  pendingCallCountMax,
  type RpcError,
  type Server,
  UnknownEndError,
  UnknownServerError,
} from '@raftlab/labrpc';
import type { Handler } from '@raftlab/rpc';
import { Random, SystemClock, VirtualClock, type Clock } from '@raftlab/runtime';
import { AssertionError } from '@raftlab/runtime/assert';
import { describe, expect, test } from 'vitest';
import { countOf, echo, echoServer, echoSize, manyCalls, setUp, timedCall, type SetUp } from './set-up.ts';

const failed = { ok: false, reply: undefined };

type ErrorClass = new (...args: never[]) => Error;

describe('a request that cannot be delivered', () => {
  const causes: Array<[cause: string, prepare: (net: Network) => void]> = [
    ['the end is disabled', (net) => net.enable('e', false)],
    ['the end was deleted', (net) => net.deleteEnd('e')],
    ['the end is connected to a name without a server', (net) => net.connect('e', 'no-server')],
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

  test('stays undeliverable when its end is enabled while it is pending', async () => {
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

  test('has the kind of delay that was set when it entered', async () => {
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

  test('never reaches its handler before call returns, and does not overtake an earlier one', async () => {
    const given = setUp();
    const calls = ['a', 'b', 'c'].map((text) => given.end.call(echo, text));
    expect(given.handled).toEqual([]);
    await Promise.all(calls);
    expect(given.handled).toEqual(['a', 'b', 'c']);
  });

  test('can be overtaken by one whose handler is faster', async () => {
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

describe('the settings', () => {
  test('are read once, when a call enters: an unreliable one can still lose its reply', async () => {
    const given = setUp({ handler: slowly(10) });
    given.net.reliable(false);
    expect(await successShare(given, () => given.net.reliable(true))).toBeCloseTo(0.81, 1);
    expect(countOf(given.events, 'replyDropped')).toBeGreaterThan(50);
  });

  test('are read once, when a call enters: a reliable one cannot lose its reply', async () => {
    const given = setUp({ handler: slowly(10) });
    expect(await successShare(given, () => given.net.reliable(false))).toBe(1);
    expect(given.clock.now()).toBe(10);
  });

  test('are read once, when a call enters: long reordering delays only calls that entered under it', async () => {
    expect(await delayedCountOf(true)).toBeGreaterThan(600);
    expect(await delayedCountOf(false)).toBe(0);
  });
});

describe('a change while a call is pending', () => {
  test('does not stop a request in flight: its handler runs, and its reply is dropped', async () => {
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

  const deaths: Array<[death: string, kill: (given: SetUp) => void]> = [
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
  test.each(deaths)('fails a call although its handler ran: %s', async (_death, kill) => {
    const given = setUp({ handler: slowly(50) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(20);
      kill(given);
      expect(await call).toEqual({ ...failed, tookMs: 50 });
      expect(given.clock.pendingTimerCount).toBe(0);
    });
    expect(given.handled).toEqual(['x']);
  });

  test.each(deaths)(
    'fails a call with a slow handler at the next multiple of 100 ms: %s',
    async (_death, kill) => {
      const given = setUp({ handler: slowly(450) });
      await given.clock.run(async () => {
        const call = timedCall(given);
        await given.clock.sleep(120);
        kill(given);
        expect(await call).toEqual({ ...failed, tookMs: 200 });
        const sizeBytes = given.net.getTotalBytes();
        await given.clock.sleep(1000);
        expect(given.net.getTotalBytes(), 'the late reply is discarded').toBe(sizeBytes);
      });
    },
  );

  test('has no effect when it is undone before the next check', async () => {
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

  test.each(deaths)('does not stop a delayed reply: %s', async (_death, kill) => {
    const given = setUp();
    given.net.longReordering(true);
    await given.clock.run(async () => {
      const calls = manyCalls(given, 300);
      await given.clock.sleep(150);
      const delayedCount = countOf(given.events, 'replyDelayed');
      expect(delayedCount).toBeGreaterThan(150);
      kill(given);
      expect((await calls).every(({ ok }) => ok)).toBe(true);
    });
  });
});

describe('the counters', () => {
  test('count the arguments when a call enters, and the reply when it is delivered', async () => {
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

  test('count a call that cannot be delivered, with its arguments, but not at the server', async () => {
    const given = setUp();
    given.net.enable('e', false);
    await given.clock.run(() => timedCall(given, 'hello'));
    expect(given.net.getTotalCount()).toBe(1);
    expect(given.net.getTotalBytes()).toBe(echoSize('hello'));
    expect(given.net.getCount('s')).toBe(0);
  });

  test('count dropped requests in the total only, and do not count dropped replies', async () => {
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

  test('count a delayed reply when the delay ends', async () => {
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

  test('do not count the reply of a dead server', async () => {
    const given = setUp({ handler: slowly(5) });
    await given.clock.run(async () => {
      const call = timedCall(given);
      await given.clock.sleep(1);
      given.net.deleteServer('s');
      await call;
    });
    expect(given.net.getTotalBytes()).toBe(echoSize('x'));
  });

  test('start at 0 for each server object', async () => {
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

  const mistakes: Array<[message: string, type: ErrorClass, mistake: (net: Network) => void]> = [
    ['There is already an end "e"; names in use are "e".', DuplicateEndError, (net) => net.makeEnd('e')],
    ['There is no end "x"; make it first. Ends are "e".', UnknownEndError, (net) => net.deleteEnd('x')],
    ['There is no end "x"; make it first. Ends are "e".', UnknownEndError, (net) => net.connect('x', 's')],
    ['There is no end "x"; make it first. Ends are "e".', UnknownEndError, (net) => net.enable('x', true)],
    ['Server "7" was never added; servers are "s".', UnknownServerError, (net) => net.getCount(7)],
    [
      'A server is named by a string or an integer; got NaN.',
      RangeError,
      (net) => net.deleteServer(Number.NaN),
    ],
  ];
  test.each(mistakes)('that are wrong are errors: %s', (message, type, mistake) => {
    const act = (): void => mistake(setUp().net);
    expect(act).toThrow(type);
    expect(act).toThrow(expect.objectContaining({ name: type.name, message }));
  });

  test('are listed in errors, up to 20 of them', () => {
    const { net } = setUp();
    for (let i = 0; i < 30; i += 1) net.makeEnd(`end-${i}`);
    expect(() => net.enable('x', true)).toThrow('and 11 more');
  });

  test('of a deleted end can be used again, and the old object is then the new end', async () => {
    const given = setUp();
    given.net.deleteEnd('e');
    const end = given.net.makeEnd('e');
    expect(end).toBeInstanceOf(LabClientEnd);
    given.net.connect('e', 's');
    given.net.enable('e', true);
    expect((await given.clock.run(() => timedCall(given))).ok).toBe(true);
  });
});

test(`a call rejects while ${pendingCallCountMax} others are pending`, async () => {
  const faults: RpcError[] = [];
  const clock = new VirtualClock();
  const { net, end, server } = unobserved(clock, {
    handler: (text) => (text === '' ? new Promise<string>(() => undefined) : text),
    onFault: (fault) => faults.push(fault),
  });
  await clock.run(async () => {
    const silent = echo.args.encode('');
    const calls = Array.from({ length: pendingCallCountMax }, () => end.callBytes('Test.Echo', silent));
    await expect(end.call(echo, 'x')).rejects.toThrow('Test.Echo: 50000 calls are pending in the network');
    expect(faults).toMatchObject([{ name: 'RpcError', kind: 'too-many-calls', method: 'Test.Echo' }]);
    expect(net.getTotalCount()).toBe(pendingCallCountMax);

    net.deleteServer('s');
    await Promise.all(calls);
    net.addServer('s', server);
    expect(await end.call(echo, 'x')).toEqual({ ok: true, reply: 'x' });
  });
});

describe('mistakes of a JavaScript caller are assertions', () => {
  const one = JSON.parse('1');
  test.each<[mistake: string, act: (given: SetUp) => unknown]>([
    ['makeEnd(1)', ({ net }) => net.makeEnd(one)],
    ['enable(end, 1)', ({ net }) => net.enable('e', one)],
    ['reliable(1)', ({ net }) => net.reliable(one)],
    ['longReordering(1)', ({ net }) => net.longReordering(one)],
    ['longDelays(1)', ({ net }) => net.longDelays(one)],
    ['callBytes(method, 1)', ({ end }) => end.callBytes('Test.Echo', one)],
    ['a service whose name is 1', ({ server }) => server.addService({ name: one, methods: new Map() })],
    [
      'a service whose method is 1',
      ({ server }) => {
        server.addService({ name: 'Test', methods: new Map([['Echo', one]]) });
        return server.dispatch('Test.Echo', new Uint8Array(0));
      },
    ],
  ])('%s', (_mistake, act) => {
    expect(() => act(setUp())).toThrow(AssertionError);
  });
});

describe('cleanup', () => {
  test('fails new calls at once, without counting them', async () => {
    const given = setUp();
    given.net.cleanup();
    expect(await given.clock.run(() => timedCall(given))).toEqual({ ...failed, tookMs: 0 });
    expect([given.net.getTotalCount(), given.net.getTotalBytes()]).toEqual([0, 0]);
    expect(given.events).toEqual([]);
  });

  test('fails pending calls that cannot be delivered at once, and cancels their timers', async () => {
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

  test('does not stop calls that can be delivered, and leaves no timer after them', async () => {
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

test('a network works without observers, on the system clock', async () => {
  const { net, end } = unobserved(new SystemClock());
  expect(await end.call(echo, 'x')).toEqual({ ok: true, reply: 'x' });
  net.cleanup();
});

test('on the system clock, reliable calls in sequence do not block the event loop', async () => {
  const clock = new SystemClock();
  const { net, end } = unobserved(clock);
  const timers: string[] = [];
  clock.setTimer(10, () => timers.push('fired'));
  for (let callCount = 0; timers.length === 0 && callCount < 1_000_000; callCount += 1) {
    await end.call(echo, 'x');
  }
  net.cleanup();
  expect(timers).toEqual(['fired']);
});

/** End `e`, enabled and connected to server `s`, without an observer of events. */
function unobserved(
  clock: Clock,
  options: { handler?: Handler<string, string>; onFault?: (fault: RpcError) => void } = {},
): { net: Network; end: LabClientEnd; server: Server } {
  const { handler = (text) => text, onFault } = options;
  const net = new Network({ clock, random: Random.fromSeed(1), onFault });
  const server = echoServer(handler);
  net.addServer('s', server);
  const end = net.makeEnd('e');
  net.connect('e', 's');
  net.enable('e', true);
  return { net, end, server };
}

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

/** How many of 1000 replies are delayed when longReordering changes right after the calls entered. */
async function delayedCountOf(before: boolean): Promise<number> {
  const given = setUp({ handler: slowly(10) });
  given.net.longReordering(before);
  expect(await successShare(given, () => given.net.longReordering(!before))).toBe(1);
  return countOf(given.events, 'replyDelayed');
}
