// Three peers on links that are slow, dead or hang, and a server that returns without its disk: what a service meets in its
// first month. In virtual time; each test is a fault that the peers once had.
import { Persister } from '@raftlab/persister';
import { bytesCodec } from './bytes-codec.ts';
import { makeLabPeer, type LabRaft, type RaftConfig } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { NarrowNetwork } from './narrow-network.ts';

class Cluster {
  readonly clock: VirtualClock;
  readonly network: NarrowNetwork;
  readonly rafts: LabRaft<Uint8Array>[] = [];
  /** By server: the last index that its service was handed. */
  readonly applied = [0, 0, 0];
  readonly warnings: string[] = [];
  /** How often a server became leader. */
  leaderCount = 0;
  readonly #config: Partial<RaftConfig>;

  constructor(clock: VirtualClock, config: Partial<RaftConfig>) {
    this.clock = clock;
    this.network = new NarrowNetwork(clock);
    this.#config = config;
    for (const me of [0, 1, 2]) this.boot(me);
  }

  /** Starts a server with an empty disk. */
  boot(me: number): void {
    const raft = makeLabPeer<Uint8Array>({
      peers: this.network.ends(me, 3),
      me,
      storage: new Persister(),
      applyCh: (message) => {
        this.applied[me] = message.commandValid
          ? message.commandIndex
          : message.snapshotValid
            ? message.snapshotIndex
            : message.noopIndex;
      },
      clock: this.clock,
      random: Random.fromSeed(`server ${me} at ${this.clock.now()}`),
      commandCodec: bytesCodec,
      config: this.#config,
      observer: {
        onStep: (_input, { roleChange }) => {
          if (roleChange?.role === 'leader') this.leaderCount += 1;
        },
      },
      onWarning: (warning) => this.warnings.push(`${me}: ${warning.message}`),
    });
    this.rafts[me] = raft;
    this.network.connect(me, raft.service);
  }

  async leader(): Promise<number> {
    for (;;) {
      const leader = this.rafts.findIndex((raft) => raft.getState().isLeader);
      if (leader >= 0) return leader;
      await this.clock.sleep(10);
    }
  }

  /** Proposes commands of the given size, in bytes, to the present leader, one after another. */
  async propose(count: number, sizeBytes: number): Promise<void> {
    for (let each = 0; each < count; each += 1) {
      this.rafts.forEach((raft) => raft.start(new Uint8Array(sizeBytes)));
      if (each % 50 === 49) await this.clock.sleep(2);
    }
  }
}

/** A cluster that has a leader, which the others know. */
function onCluster(
  config: Partial<RaftConfig>,
  main: (cluster: Cluster, leader: number) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock();
  return clock.run(async () => {
    const cluster = new Cluster(clock, config);
    const leader = await cluster.leader();
    await clock.sleep(300);
    await main(cluster, leader);
    for (const raft of cluster.rafts) raft.kill();
  });
}

const other = (leader: number): number => (leader + 1) % 3;

test('a server that returns without its disk is reported, gets heartbeats only, and does not count', () =>
  onCluster({}, async (cluster, leader) => {
    const [wiped, third] = [other(leader), other(other(leader))];
    await cluster.propose(20, 1);
    await cluster.clock.sleep(500);
    cluster.rafts[wiped]?.kill();
    cluster.boot(wiped);
    await cluster.clock.sleep(1000);
    expect(cluster.warnings).toEqual([
      expect.stringContaining(`server ${wiped} has lost entries that it acknowledged`),
    ]);
    cluster.network.forgetCounts();
    await cluster.propose(1, 1);
    await cluster.clock.sleep(10_000);
    expect(cluster.network.callsTo.get(`${wiped} AppendEntries`)).toBeLessThan(70);
    expect(cluster.applied[leader]).toBe(21);
    // Nothing can commit any more, so nothing may keep the leader in office.
    cluster.network.setCondition(third, 'refuses');
    await cluster.clock.sleep(600);
    expect(cluster.rafts[leader]?.getState().isLeader).toBe(false);
  }));

test.each(['refuses', 'hangs'] as const)(
  'no snapshot is sent to a server whose link %s, and one copy later',
  (condition) =>
    onCluster({}, async (cluster, leader) => {
      const dead = other(leader);
      cluster.network.setCondition(dead, condition);
      await cluster.propose(100, 1);
      await cluster.clock.sleep(100);
      cluster.rafts[leader]?.snapshot(100, new Uint8Array(1_000_000));
      cluster.network.forgetCounts();
      await cluster.clock.sleep(60_000);
      // Where calls hang nothing is known of the link: the first window may be in flight.
      expect(cluster.network.bytesTo.get(dead)).toBeLessThan(200_000);
      cluster.network.forgetCounts();
      cluster.network.setCondition(dead, 'up');
      await cluster.clock.sleep(2000);
      if (condition === 'hangs') return;
      expect(cluster.applied[dead]).toBe(100);
      expect(cluster.network.bytesTo.get(dead)).toBeLessThan(1_050_000);
    }),
);

test('a follower that is 5 MB behind a link of 400 KB/s gets them in 1.2 times the least time and bytes', () =>
  onCluster({}, async (cluster, leader) => {
    const slow = other(leader);
    cluster.network.setCondition(slow, 'refuses');
    await cluster.propose(5000, 1000);
    await cluster.clock.sleep(100);
    cluster.network.setRate(slow, 400);
    cluster.network.setCondition(slow, 'up');
    cluster.network.forgetCounts();
    const [start, leaderCount] = [cluster.clock.now(), cluster.leaderCount];
    while ((cluster.applied[slow] ?? 0) < 5000 && cluster.clock.now() < start + 60_000)
      await cluster.clock.sleep(100);
    expect(cluster.clock.now() - start).toBeLessThan(1.2 * (5_000_000 / 400) + 1000);
    expect(cluster.network.bytesTo.get(slow)).toBeLessThan(1.2 * 5_000_000);
    // The term that it was in when it returned may depose the leader once.
    expect(cluster.leaderCount).toBeLessThanOrEqual(leaderCount + 1);
  }));

test('a snapshot of 5 MB goes over the same link in the same time, while heartbeats go on', () =>
  onCluster({}, async (cluster, leader) => {
    const slow = other(leader);
    cluster.network.setCondition(slow, 'refuses');
    await cluster.propose(100, 1);
    await cluster.clock.sleep(100);
    cluster.rafts[leader]?.snapshot(100, new Uint8Array(5_000_000));
    cluster.network.setRate(slow, 400);
    cluster.network.setCondition(slow, 'up');
    cluster.network.forgetCounts();
    const [start, leaderCount] = [cluster.clock.now(), cluster.leaderCount];
    while ((cluster.applied[slow] ?? 0) < 100 && cluster.clock.now() < start + 60_000)
      await cluster.clock.sleep(100);
    expect(cluster.clock.now() - start).toBeLessThan(1.2 * (5_000_000 / 400) + 1000);
    expect(cluster.network.bytesTo.get(slow)).toBeLessThan(1.2 * 5_000_000);
    expect(cluster.leaderCount).toBe(leaderCount);
  }));
