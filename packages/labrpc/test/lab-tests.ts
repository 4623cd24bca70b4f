// The 11 tests of the lab's labrpc, as data for any clock.
import { deepEqual, equal, fail, ok } from 'node:assert/strict';
import { Network, Server, type LabClientEnd } from '@raftlab/labrpc';
import type { Method } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import * as junk from './junk-server.ts';

export interface LabTestContext {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * How long the call of TestKilled may be pending after DeleteServer. The lab says 100 ms, and checks for a dead server every
   * 100 ms from the dispatch. DeleteServer comes at about 1100 ms, so in the lab the lateness of its timers decides. Here the
   * times of the checks do not drift: the call always fails at 1200 ms. In virtual time that is exactly 100 ms after
   * DeleteServer. In real time the bound is 200 ms, one interval and as much again for late timers; bounds are timers of the
   * same clock, so a busy process delays both.
   */
  readonly killedBoundMs: number;
  /** How many calls TestBenchmark makes. It has no time bound. */
  readonly benchmarkCallCount: number;
}

export interface LabTest {
  /** The lab's name. */
  readonly id: string;
  readonly title: string;
  run(context: LabTestContext): Promise<void>;
}

/** T1: one end, one server with one JunkServer, connected and enabled, reliable. */
interface T1 {
  readonly net: Network;
  readonly end: LabClientEnd;
  readonly junkServer: junk.JunkServer;
}

export const labTests: readonly LabTest[] = [
  {
    id: 'TestBasic',
    title: 'a call reaches its handler, and the reply its caller',
    run: withT1('server99', async ({ end }) => {
      await check(end, junk.handler2, { args: 111, reply: 'handler2-111' });
      await check(end, junk.handler1, { args: '9099', reply: 9099 });
    }),
  },
  {
    id: 'TestTypes',
    title: 'arguments and replies may be objects',
    run: withT1('server99', async ({ end }) => {
      await check(end, junk.handler4, { args: { x: 1 }, reply: { x: 'pointer' } });
      await check(end, junk.handler5, { args: { x: 1 }, reply: { x: 'no pointer' } });
    }),
  },
  {
    id: 'TestDisconnect',
    title: 'a disabled end does not reach its server until it is enabled',
    run: withT1('server99', async ({ net, end }) => {
      net.enable('end1-99', false);
      deepEqual(await end.call(junk.handler2, 111), { ok: false });
      net.enable('end1-99', true);
      await check(end, junk.handler1, { args: '9099', reply: 9099 });
    }),
  },
  {
    id: 'TestCounts',
    title: 'a server counts the requests that it receives',
    run: withT1(99, async ({ net, end }) => {
      for (let i = 0; i < 17; i += 1) await check(end, junk.handler2, { args: i, reply: `handler2-${i}` });
      equal(net.getCount(99), 17);
    }),
  },
  {
    id: 'TestBytes',
    title: 'the network counts the bytes of arguments and replies, with little overhead',
    run: withT1(99, async ({ net, end }) => {
      const args = '0123456789'.repeat(7).concat('x').repeat(4);
      equal(args.length, 284);
      for (let i = 0; i < 17; i += 1) await check(end, junk.handler6, { args, reply: 284 });
      const sent = net.getTotalBytes();
      ok(sent >= 4828, `bytes of 17 calls: ${sent}`);
      ok(sent <= 6000, `bytes of 17 calls: ${sent}`);
      for (let i = 0; i < 17; i += 1) await check(end, junk.handler7, { args: 107, reply: 'y'.repeat(107) });
      const received = net.getTotalBytes() - sent;
      ok(received >= 1800, `bytes of 17 calls: ${received}`);
      ok(received <= 2500, `bytes of 17 calls: ${received}`);
    }),
  },
  {
    id: 'TestConcurrentMany',
    title: 'twenty clients with an end each call one server at the same time',
    run: withT1(1000, async ({ net }) => {
      let completed = 0;
      const client = async (number: number): Promise<void> => {
        const end = enabledEnd(net, String(number), 1000);
        for (let j = 0; j < 10; j += 1) {
          const args = number * 100 + j;
          await check(end, junk.handler2, { args, reply: `handler2-${args}` });
          completed += 1;
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, number) => client(number)));
      equal(completed, 200);
      equal(net.getCount(1000), 200);
    }),
  },
  {
    id: 'TestUnreliable',
    title: 'an unreliable network loses some calls, but not all',
    run: withT1(1000, async ({ net }) => {
      net.reliable(false);
      const client = async (number: number): Promise<number> => {
        const args = number * 100;
        const result = await enabledEnd(net, String(number), 1000).call(junk.handler2, args);
        if (result.ok) equal(result.reply, `handler2-${args}`);
        return result.ok ? 1 : 0;
      };
      const successes = await Promise.all(Array.from({ length: 300 }, (_, number) => client(number)));
      const successCount = successes.reduce((sum, success) => sum + success, 0);
      ok(successCount > 0, `successes: ${successCount}`);
      ok(successCount < 300, `successes: ${successCount}`);
    }),
  },
  {
    id: 'TestConcurrentOne',
    title: 'one end carries twenty calls at the same time',
    run: withT1(1000, async ({ net, junkServer }) => {
      const end = enabledEnd(net, 'c', 1000);
      const calls = Array.from({ length: 20 }, (_, i) =>
        check(end, junk.handler2, { args: 100 + i, reply: `handler2-${100 + i}` }),
      );
      equal((await Promise.all(calls)).length, 20);
      equal(junkServer.log2.length, 20);
      equal(net.getCount(1000), 20);
    }),
  },
  {
    id: 'TestRegression1',
    title: 'calls that still wait on a disabled end do not slow down a call after it was enabled',
    run: withT1(1000, async ({ net, junkServer }, { clock }) => {
      const end = enabledEnd(net, 'c', 1000);
      net.enable('c', false);
      const failing = Promise.all(Array.from({ length: 20 }, (_, i) => end.call(junk.handler2, 100 + i)));
      await clock.sleep(100);
      net.enable('c', true);
      const answered = check(end, junk.handler2, { args: 99, reply: 'handler2-99' }).then(() => 'answered');
      equal(await Promise.race([answered, clock.sleep(30)]), 'answered', 'the answer took more than 30 ms');
      deepEqual(
        (await failing).filter((result) => result.ok),
        [],
      );
      deepEqual(junkServer.log2, [99]);
      equal(net.getCount(1000), 1);
    }),
  },
  {
    id: 'TestKilled',
    title: 'a call whose handler is slow ends soon after its server is deleted',
    run: withT1('server99', async ({ net, end }, { clock, killedBoundMs }) => {
      const call = end.call(junk.handler3, 99);
      await clock.sleep(1000);
      equal(await Promise.race([call, clock.sleep(100)]), undefined, 'returned before DeleteServer');
      net.deleteServer('server99');
      deepEqual(await Promise.race([call, clock.sleep(killedBoundMs)]), { ok: false });
    }),
  },
  {
    id: 'TestBenchmark',
    title: 'many calls in sequence all get the right reply',
    run: withT1('server99', async ({ end, net }, { benchmarkCallCount }) => {
      for (let i = 0; i < benchmarkCallCount; i += 1) {
        const result = await end.call(junk.handler2, 111);
        if (!result.ok || result.reply !== 'handler2-111') fail(`call ${i}: ${JSON.stringify(result)}`);
      }
      equal(net.getCount('server99'), benchmarkCallCount);
    }),
  },
];

function withT1(
  serverName: string | number,
  script: (t1: T1, context: LabTestContext) => Promise<void>,
): LabTest['run'] {
  return async (context) => {
    const net = new Network({ clock: context.clock, random: context.random });
    const junkServer = new junk.JunkServer(context.clock);
    try {
      const server = new Server();
      server.addService(junkServer.service);
      net.addServer(serverName, server);
      await script({ net, end: enabledEnd(net, 'end1-99', serverName), junkServer }, context);
    } finally {
      net.cleanup();
      junkServer.stop();
    }
  };
}

function enabledEnd(net: Network, name: string, serverName: string | number): LabClientEnd {
  const end = net.makeEnd(name);
  net.connect(name, serverName);
  net.enable(name, true);
  return end;
}

async function check<Args, Reply>(
  end: LabClientEnd,
  method: Method<Args, Reply>,
  expected: { args: Args; reply: Reply },
): Promise<void> {
  deepEqual(await end.call(method, expected.args), { ok: true, reply: expected.reply });
}
