// The cluster itself, without Raft: two services on each server, partitions, and clients with ends of their own.
import { ClusterWatch } from '@raftlab/invariants';
import { Membership } from '@raftlab/protocol';
import { bind, makeService, valueMethod, type ClientEnd, type Service } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { Recorder, type TraceEvent } from '@raftlab/trace';
import { Cluster, ClusterError, type Host, type ServerProcess } from '@raftlab/test-harness';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Journal } from '#src/cluster/journal';
import { TestCourse } from '#src/cluster/test-course';

const nothing = z.null();
const ask = valueMethod('Front.Ask', { args: nothing, reply: z.string() });
const relay = valueMethod('Back.Relay', { args: nothing, reply: z.string() });

/** Answers clients by calling the second service of every server. */
interface Process extends ServerProcess {
  readonly host: Host;
  isKilled: boolean;
}

function boot(host: Host): Process {
  const { me, peers, persister } = host;
  const back: Service = makeService('Back', [bind(relay, () => `${me}`)]);
  const front: Service = makeService('Front', [
    bind(ask, async () => {
      const relayed = await Promise.all(peers.map((peer) => peer.call(relay, null)));
      return `${me}: ${relayed.map((answer) => (answer.ok ? answer.reply : '-')).join(' ')}`;
    }),
  ]);
  persister.save(new Uint8Array(10 * (me + 1)), new Uint8Array(me));
  const process: Process = {
    host,
    services: [front, back],
    isKilled: false,
    kill: () => void (process.isKilled = true),
  };
  return process;
}

interface Fixture {
  readonly cluster: Cluster<Process>;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
}

function withCluster(script: (fixture: Fixture) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, 3);
  const journal = new Journal(() => clock.now(), recorder);
  const course = new TestCourse({ clock, journal, onFailure: (error) => expect.fail(error.message) });
  const watch = new ClusterWatch(Membership.ofSize(3), (violation) => expect.fail(violation.message));
  const setting = { mode: 'virtual', clock, random: Random.fromSeed(1), journal, course, watch } as const;
  return clock.run(async () => {
    const cluster = new Cluster(setting, { servers: 3, isReliable: true, hasLongDelays: false, boot });
    cluster.setUp();
    await script({ cluster, clock, recorder });
    await cluster.cleanup();
  });
}

/** The answers of all servers to a client, by server; `-` for an unreachable one. */
async function answersTo(ends: readonly ClientEnd[]): Promise<string[]> {
  const results = await Promise.all(ends.map((end) => end.call(ask, null)));
  return results.map((result) => (result.ok ? result.reply : '-')).toSorted((a, b) => a.localeCompare(b));
}

test('a client reaches the services of all servers, and they reach each other', () =>
  withCluster(async ({ cluster }) => {
    const client = cluster.makeClient();
    expect(await answersTo(client.ends)).toEqual(['0: 0 1 2', '1: 0 1 2', '2: 0 1 2']);
  }));

test('a partition separates its sides and does not affect clients; connecting all servers ends it', () =>
  withCluster(async ({ cluster, recorder }) => {
    const client = cluster.makeClient();
    cluster.partition([0, 2], [1]);
    expect(await answersTo(client.ends)).toEqual(['0: 0 - 2', '1: - 1 -', '2: 0 - 2']);
    cluster.connectAll();
    expect(await answersTo(client.ends)).toEqual(['0: 0 1 2', '1: 0 1 2', '2: 0 1 2']);

    const links = (kind: 'cut' | 'join'): string[] =>
      recorder
        .recorded()
        .events.filter((event: TraceEvent) => event.kind === kind)
        .map((event) => ('from' in event ? `${event.from}>${event.to}` : ''))
        .toSorted();
    expect(links('cut')).toEqual(['0>1', '1>0', '1>2', '2>1']);
    expect(links('join')).toEqual(links('cut'));
  }));

test('a client is connected to the given servers, and to more later; a closed client reaches none', () =>
  withCluster(async ({ cluster, clock }) => {
    const client = cluster.makeClient([1]);
    expect(await answersTo(client.ends)).toEqual(['-', '-', '1: 0 1 2']);
    client.connect([2]);
    expect(await answersTo(client.ends)).toEqual(['-', '1: 0 1 2', '2: 0 1 2']);
    client.close();
    const before = clock.now();
    expect(await answersTo(client.ends)).toEqual(['-', '-', '-']);
    // Without long delays a call that cannot be delivered fails within 0.1 s.
    expect(clock.now() - before).toBeLessThan(100);
  }));

test('each client has its own order of ends', () =>
  withCluster(async ({ cluster }) => {
    const orders = new Set<string>();
    for (let count = 0; count < 40; count += 1) {
      const results = await Promise.all(cluster.makeClient().ends.map((end) => end.call(ask, null)));
      orders.add(results.map((result) => (result.ok ? result.reply.slice(0, 1) : '-')).join(''));
    }
    expect(orders.size).toBe(6);
  }));

test('a restarted server is another process on the same disk; clients reach it again, peers after it is connected', () =>
  withCluster(async ({ cluster }) => {
    const client = cluster.makeClient();
    const first = cluster.process(1);
    cluster.crash1(1);
    expect(first.isKilled).toBe(true);
    expect(first.host.isRunning()).toBe(false);
    expect(cluster.isRunning(1)).toBe(false);
    expect(() => cluster.process(1)).toThrow(ClusterError);
    expect(await answersTo(client.ends)).toEqual(['-', '0: 0 - 2', '2: 0 - 2']);
    // Writes of the crashed process are lost.
    first.host.persister.save(new Uint8Array(999), new Uint8Array(999));
    cluster.start1(1);
    expect(cluster.process(1).host.isRunning()).toBe(true);
    expect(await answersTo(client.ends)).toEqual(['0: 0 - 2', '1: - - -', '2: 0 - 2']);
    cluster.connect(1);
    expect(await answersTo(client.ends)).toEqual(['0: 0 1 2', '1: 0 1 2', '2: 0 1 2']);
    expect(cluster.logSize()).toBe(30);
    expect(cluster.snapshotSize()).toBe(2);
    expect(cluster.largestLogSizeBytes).toBe(30);
  }));

test('a server number outside of the cluster is an error of the script', () =>
  withCluster(async ({ cluster }) => {
    for (const ask3 of [
      () => cluster.connect(3),
      () => cluster.partition([0], [3]),
      () => cluster.isRunning(3),
      () => cluster.crash1(3),
    ]) {
      expect(ask3).toThrow('there is no server 3; they are 0 to 2');
    }
    await Promise.resolve();
  }));
