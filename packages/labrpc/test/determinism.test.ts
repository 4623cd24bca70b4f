// The same seed and the same calls have the same events.
import type { NetworkEvent } from '@raftlab/labrpc';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { echo, echoServer, setUp } from './set-up.ts';

/** Three clients, slow handlers, and every fault of the network, for ten virtual seconds. */
async function faultyRun(seed: number): Promise<NetworkEvent[]> {
  const given = setUp({
    seed,
    handler: async (text, clock) => {
      await clock.sleep(Number(text));
      return text;
    },
  });
  const { clock, net, server, events } = given;
  net.reliable(false);
  net.longReordering(true);
  net.longDelays(true);
  const random = Random.fromSeed(seed).fork('faults');
  const client = async (name: string): Promise<void> => {
    const end = net.makeEnd(name);
    net.connect(name, 's');
    for (let i = 0; i < 100; i += 1) {
      net.enable(name, random.chance(4, 5));
      if (random.chance(1, 10)) net.addServer('s', random.chance(1, 2) ? server : echoServer((text) => text));
      void end.call(echo, String(random.int(0, 300)));
      await clock.sleep(random.int(0, 200));
    }
  };
  await clock.run(async () => {
    await Promise.all(['a', 'b', 'c'].map(client));
    await clock.sleep(10_000);
    expect(clock.pendingTimerCount).toBe(0);
  });
  return events;
}

test('the same seed has the same events, in every field', async () => {
  expect(await faultyRun(7)).toEqual(await faultyRun(7));
});

test('another seed has other events', async () => {
  expect(await faultyRun(7)).not.toEqual(await faultyRun(8));
});

test('such a run has every kind of event that a fault of the network causes', async () => {
  const kinds = new Set((await faultyRun(7)).map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual([
    'delivered',
    'dispatched',
    'refused',
    'replyDelayed',
    'replyDropped',
    'requestDropped',
    'sent',
    'undeliverable',
  ]);
});

test('the events of each call are a sequence that NetworkEvent allows', async () => {
  const histories = new Map<number, string[]>();
  for (const { callId, kind } of await faultyRun(7)) {
    histories.set(callId, [...(histories.get(callId) ?? []), kind]);
  }
  expect([...histories.keys()]).toEqual(Array.from({ length: 300 }, (_, offset) => offset + 1));
  const legal =
    /^sent (undeliverable|requestDropped|dispatched (refused|replyDropped|delivered|replyDelayed delivered))$/;
  for (const [callId, kinds] of histories) expect(kinds.join(' '), `call ${callId}`).toMatch(legal);
});
