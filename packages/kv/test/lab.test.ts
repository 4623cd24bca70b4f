// The lab's API, as a program uses it: three servers on the lab's network and persister.
import { Network, Server } from '@raftlab/labrpc';
import { Persister } from '@raftlab/persister';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { Clerk, makeClerk, startKVServer, type LabClerk, type LabServer } from '@raftlab/kv';

interface Servers {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly running: LabServer[];
  readonly persisters: Persister[];
  start(server: number): void;
  crash(server: number): void;
  newEnds(): ReturnType<Network['makeEnd']>[];
}

const serverCount = 3;

function threeServers(maxRaftState: number): Servers {
  const clock = new VirtualClock();
  const random = Random.fromSeed(1);
  const network = new Network({ clock, random: random.fork('network') });
  const running: LabServer[] = [];
  const persisters = Array.from({ length: serverCount }, () => new Persister());
  let endCount = 0;
  const newEnds = () =>
    Array.from({ length: serverCount }, (_, server) => {
      endCount += 1;
      const end = network.makeEnd(`${endCount}`);
      network.connect(end.name, server);
      network.enable(end.name, true);
      return end;
    });
  const servers: Servers = {
    clock,
    random,
    running,
    persisters,
    newEnds,
    start(me) {
      const persister = persisters[me] ?? new Persister();
      const options = { clock, random: random.fork(`server ${me}`) };
      const started = startKVServer(newEnds(), me, persister, maxRaftState, options);
      const server = new Server();
      for (const service of started.services) server.addService(service);
      network.addServer(me, server);
      running[me] = started;
    },
    crash(me) {
      network.deleteServer(me);
      persisters[me] = (persisters[me] ?? new Persister()).copy();
      running[me]?.kill();
    },
  };
  for (let me = 0; me < serverCount; me += 1) servers.start(me);
  return servers;
}

function withServers(
  maxRaftState: number,
  script: (servers: Servers, clerk: LabClerk) => Promise<void>,
): Promise<void> {
  const servers = threeServers(maxRaftState);
  return servers.clock.run(async () => {
    await script(servers, makeClerk(servers.newEnds(), servers));
    for (const server of servers.running) server.kill();
  });
}

test('get, put and append do what the lab says; a missing key is empty', () =>
  withServers(-1, async (_, clerk) => {
    expect(await clerk.get('a')).toBe('');
    await clerk.put('a', 'x');
    await clerk.append('a', 'y');
    await clerk.append('b', 'z');
    expect([await clerk.get('a'), await clerk.get('b')]).toEqual(['xy', 'z']);
  }));

test('what was written survives a restart of all servers, from the log or from snapshots that keep it short', () =>
  Promise.all(
    [-1, 400].map((maxRaftState) =>
      withServers(maxRaftState, async (servers, clerk) => {
        for (let count = 0; count < 100; count += 1) await clerk.append('a', `${count} `);
        const before = await clerk.get('a');
        for (const persister of servers.persisters) {
          const isShort = persister.raftStateSize() <= 2 * 400;
          expect(isShort).toBe(maxRaftState > 0);
          expect(persister.snapshotSize() > 0).toBe(maxRaftState > 0);
        }
        for (let me = 0; me < serverCount; me += 1) servers.crash(me);
        for (let me = 0; me < serverCount; me += 1) servers.start(me);
        // The clerk goes on with its session.
        await clerk.append('a', 'end');
        expect(await clerk.get('a')).toBe(`${before}end`);
      }),
    ),
  ));

test('a clerk of our own API reads pairs with versions, by key and by prefix', () =>
  withServers(-1, async (servers) => {
    const clerk = new Clerk(servers.newEnds(), servers);
    expect(await clerk.compareAndSet({ key: 'k1', version: 0 }, 'x')).toEqual({ applied: true, version: 1 });
    expect(await clerk.compareAndSet({ key: 'k1', version: 0 }, 'y')).toEqual({ applied: false, version: 1 });
    await clerk.put('k2', 'z');
    expect(await clerk.get('k1')).toEqual({ key: 'k1', value: 'x', version: 1 });
    const { pairs, hasMore } = await clerk.range('k', { limit: 1, level: 'lease' });
    expect([pairs.map(({ key }) => key), hasMore]).toEqual([['k1'], true]);
    expect(await clerk.delete('k1')).toEqual({ applied: true, version: 0 });
    expect(await clerk.get('k1')).toBeUndefined();
  }));

test('a server that stops releases its storage, and its pending calls end', () =>
  withServers(-1, async (servers, clerk) => {
    await clerk.put('a', 'x');
    const [first] = servers.running;
    await first?.server.stop();
    expect(await first?.server.store.submit({ kind: 'put', key: 'a', value: 'y' })).toEqual({
      ok: false,
      refusal: { kind: 'Stopped' },
    });
    expect(await clerk.get('a')).toBe('x');
  }));
