// A record of a long run: the events that it keeps, and the state with which it begins.
import { Network, Server } from '@raftlab/labrpc';
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Recorder } from '#src/recorder';
import { TracedCluster } from '#src/traced-cluster';

test('a long run keeps its last events, and the first events of the record restate the state before them', () => {
  let now = 0;
  const recorder = new Recorder({ now: () => now }, 2, 8);
  recorder.record({ kind: 'network', text: 'unreliable' });
  recorder.record({ kind: 'start', server: 0 });
  recorder.record({ kind: 'connect', server: 0 });
  recorder.record({ kind: 'cut', from: 0, to: 1 });
  recorder.record({ kind: 'cut', from: 1, to: 0 });
  recorder.record({ kind: 'join', from: 1, to: 0 });
  recorder.record({
    kind: 'state',
    server: 0,
    role: 'leader',
    term: 3,
    lastIncludedIndex: 2,
    log: {
      firstIndex: 3,
      terms: [
        [1, 2],
        [3, 1],
      ],
    },
  });
  recorder.record({ kind: 'state', server: 0, progress: [{ server: 1, nextIndex: 6, matchIndex: 0 }] });
  recorder.record({
    kind: 'state',
    server: 0,
    lastIncludedIndex: 3,
    log: { firstIndex: 5, terms: [[3, 2]] },
  });
  for (now = 1; now <= 100; now += 1) recorder.record({ kind: 'step', text: `step ${now}` });
  const { events, droppedEvents } = recorder.recorded();
  expect(droppedEvents).toBe(101);
  const at = 93;
  expect(events.slice(0, -8)).toEqual([
    { kind: 'network', at, text: 'unreliable' },
    { kind: 'connect', at, server: 0 },
    { kind: 'start', at, server: 0 },
    {
      kind: 'state',
      at,
      server: 0,
      role: 'leader',
      term: 3,
      lastIncludedIndex: 3,
      log: {
        firstIndex: 4,
        terms: [
          [1, 1],
          [3, 2],
        ],
      },
      progress: [{ server: 1, nextIndex: 6, matchIndex: 0 }],
    },
    { kind: 'cut', at, from: 0, to: 1 },
    { kind: 'step', at, text: 'step 92' },
  ]);
  expect(events.slice(-8).map((event) => event.at)).toEqual([93, 94, 95, 96, 97, 98, 99, 100]);
});

test('a record that begins in the middle has the disconnected and crashed servers, and only reported facts', () => {
  const state = {
    role: 'follower',
    term: 2,
    votedFor: 1,
    commitIndex: 3,
    lastApplied: 3,
    lastIncludedIndex: 1,
    lastIncludedTerm: 1,
    log: { firstIndex: 2, terms: [[2, 2]] },
  } as const;
  const before = new TracedCluster(5);
  for (const server of [0, 1, 2, 3]) {
    before.apply({ kind: 'start', at: 0, server });
    before.apply({ kind: 'connect', at: 0, server });
  }
  before.apply({ kind: 'state', at: 1, server: 0, ...state });
  before.apply({ kind: 'state', at: 1, server: 2, role: 'follower', term: 2 });
  before.apply({ kind: 'disconnect', at: 2, server: 0 });
  before.apply({ kind: 'crash', at: 2, server: 0 });
  before.apply({ kind: 'disconnect', at: 2, server: 1 });
  before.apply({ kind: 'pause', at: 3, server: 3 });
  expect(before.restate(9)).toEqual([
    { kind: 'disconnect', at: 9, server: 0 },
    { kind: 'state', at: 9, server: 0, ...state },
    { kind: 'crash', at: 9, server: 0 },
    { kind: 'disconnect', at: 9, server: 1 },
    { kind: 'start', at: 9, server: 1 },
    { kind: 'connect', at: 9, server: 2 },
    { kind: 'start', at: 9, server: 2 },
    { kind: 'state', at: 9, server: 2, role: 'follower', term: 2 },
    { kind: 'connect', at: 9, server: 3 },
    { kind: 'start', at: 9, server: 3 },
    { kind: 'pause', at: 9, server: 3 },
  ]);
});

test('in a window, no end of a message is kept without its beginning', () => {
  let now = 0;
  // A call has four events: the window begins with the arrival of a request that was sent before it.
  const recorder = new Recorder({ now: () => now }, 2, 11);
  const clock = new VirtualClock();
  const network = new Network({
    clock,
    random: Random.fromSeed(1),
    onEvent: (event) => recorder.recordCall(event),
  });
  const echo = valueMethod('Raft.Echo', { args: z.unknown(), reply: z.unknown() });
  const server = new Server();
  server.addService(makeService('Raft', [bind(echo, (args) => args)]));
  network.addServer(1, server);
  const end = recorder.watch(network.makeEnd('end'), { from: 0, to: 1 });
  network.connect('end', 1);
  network.enable('end', true);
  return clock.run(async () => {
    for (now = 0; now < 5000; now += 1) await end.call(echo, { n: now });
    const { events, droppedEvents } = recorder.recorded();
    expect(events).toHaveLength(10);
    expect(droppedEvents).toBeGreaterThan(19_000);
    const sent = new Set(events.flatMap((event) => (event.kind === 'send' ? [event.id] : [])));
    for (const event of events) {
      if (event.kind === 'receive' || event.kind === 'lose') expect(sent).toContain(event.id);
      if (event.kind === 'send' && event.answers !== undefined) expect(sent).toContain(event.answers);
    }
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'send', name: 'Echo', fields: { n: 4999 } }),
    );
  });
});
