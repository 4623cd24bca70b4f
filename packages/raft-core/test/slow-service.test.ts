// A service that falls behind or stalls: the input of its server is bounded, and the cluster continues without it.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { defaultConfig, type LabRaft, type RaftConfig } from '@raftlab/raft-core';
import { appliedIndexOf, CommandEntry, raftMethods } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { describe, expect, test } from 'vitest';
import { check, codec, run, type Peers } from './peers.ts';

/** A service that can be stalled. */
class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  readonly take = (): Promise<void> => this.#opened;

  close(): void {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#opened = Promise.resolve();
  }
}

interface Cluster {
  readonly leader: LabRaft;
  readonly follower: LabRaft;
  /** The gates of their services. */
  readonly leaderGate: Gate;
  readonly followerGate: Gate;
}

/** Three servers whose services can be stalled. */
async function cluster(peers: Peers, config: Partial<RaftConfig>): Promise<Cluster> {
  const gates = [0, 1, 2].map(() => new Gate());
  for (const [me, { take }] of gates.entries()) peers.add(me, { serverCount: 3, config, applyCh: take });
  const leader = await peers.leader();
  const follower = (leader + 1) % 3;
  await peers.clock.sleep(20);
  const [leaderGate, followerGate] = [gates[leader], gates[follower]];
  if (leaderGate === undefined || followerGate === undefined) throw new Error('there are three gates');
  return { leader: peers.raft(leader), follower: peers.raft(follower), leaderGate, followerGate };
}

/** Proposes this many commands, a few per virtual ms; returns how many the leader refused. */
async function propose(peers: Peers, leader: LabRaft, count: number): Promise<number> {
  let refusedCount = 0;
  for (let n = 0; n < count; n += 1) {
    if (!leader.start(n).isLeader) refusedCount += 1;
    if (n % 4 === 3) await peers.clock.sleep(1);
  }
  return refusedCount;
}

describe('a follower whose service is stalled', () => {
  const config = { maxUnappliedEntries: 50, maxEntriesPerMessage: 10 };

  test('accepts no more entries than the bound and one message, while the others commit (scylladb/scylladb#31402)', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, config);
      followerGate.close();
      await propose(peers, leader, 2000);
      expect(leader.status().commitIndex).toBeGreaterThan(1900);
      const { log, service, lastApplied } = follower.status();
      expect(lastApplied).toBe(0);
      expect(log.lastIndex).toBeLessThanOrEqual(60);
      expect(service).toMatchObject({ isBehind: true, waiting: { entries: log.lastIndex } });
    }));

  test('is bounded in bytes as well', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, { maxUnappliedBytes: 5000 });
      followerGate.close();
      for (let n = 0; n < 100; n += 1) {
        leader.start('x'.repeat(1000));
        await peers.clock.sleep(1);
      }
      const { waiting } = follower.status().service;
      expect(waiting.bytes).toBeGreaterThanOrEqual(5000);
      // Entries that it accepted before and that are committed now are added.
      expect(waiting.bytes).toBeLessThan(8000);
    }));

  test('warns once, until it has caught up', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, config);
      for (let time = 1; time <= 2; time += 1) {
        followerGate.close();
        await propose(peers, leader, 200);
        expect(peers.warnings).toHaveLength(time);
        followerGate.open();
        await peers.clock.sleep(2000);
      }
      expect(peers.warnings[0]).toMatchObject({
        kind: 'service-behind',
        server: follower.status().me,
      });
      expect(follower.status().service.isBehind).toBe(false);
    }));

  test('costs the leader one probe and one window of messages for each heartbeat interval, not one for each reply', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, { ...config, maxInflightMessages: 4 });
      followerGate.close();
      await propose(peers, leader, 200);
      await peers.clock.sleep(1000);
      const { me } = follower.status();
      const before = peers.network.calls.length;
      await peers.clock.sleep(10_000);
      const sentCount = peers.network.calls.slice(before).filter(({ to }) => to === me).length;
      const intervalCount = 10_000 / defaultConfig.heartbeatIntervalMs;
      // A heartbeat, a probe, and the messages that follow a probe that is acknowledged.
      expect(sentCount).toBeLessThan(intervalCount * (2 + 4));
    }));

  test('catches up when it continues, without gaps', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, config);
      followerGate.close();
      await propose(peers, leader, 500);
      followerGate.open();
      await peers.clock.sleep(20_000);
      const { me } = follower.status();
      expect(peers.log(me)).toEqual(Array.from({ length: 500 }, (_, n) => `${n + 1}:${n}`));
      expect(follower.status().service).toMatchObject({ isBehind: false, waiting: { entries: 0 } });
    }));

  test('still follows: it hears its leader, and does not start elections', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, config);
      followerGate.close();
      await propose(peers, leader, 200);
      await peers.clock.sleep(5000);
      expect([leader.getState(), follower.status().counters.electionsStarted]).toEqual([
        { term: 1, isLeader: true },
        0,
      ]);
    }));

  test('installs a snapshot instead of the waiting entries, and continues after it (§7)', () =>
    run(async (peers) => {
      const { leader, follower, followerGate } = await cluster(peers, config);
      followerGate.close();
      await propose(peers, leader, 200);
      await peers.clock.sleep(50);
      leader.snapshot(200, Uint8Array.of(7));
      await peers.clock.sleep(3000);
      expect(follower.status().service).toMatchObject({
        isBehind: false,
        waiting: { entries: 0 },
        waitingSnapshotBytes: 1,
      });
      followerGate.open();
      await peers.clock.sleep(3000);
      expect(peers.log(follower.status().me)).toEqual(['1:0', 'snapshot 200']);
      check(leader.start('next'), [201, 1]);
      await peers.clock.sleep(500);
      expect(peers.log(follower.status().me).at(-1)).toBe('201:next');
    }));
});

describe('a leader whose service is stalled', () => {
  test('refuses proposals as busy, and accepts them again when its service has caught up', () =>
    run(async (peers) => {
      const { leader, leaderGate } = await cluster(peers, { maxUnappliedEntries: 50 });
      leaderGate.close();
      const refusedCount = await propose(peers, leader, 200);
      expect(refusedCount).toBeGreaterThan(100);
      expect(leader.start('no')).toMatchObject({ reason: 'busy', retry: 'later' });
      expect(leader.status().service.waiting.entries).toBeLessThanOrEqual(60);
      leaderGate.open();
      await peers.clock.sleep(100);
      check(leader.start('yes'), [leader.status().log.lastIndex, 1]);
    }));
});

describe('a warning', () => {
  const config = { maxUnappliedEntries: 2 };

  test('may be answered by killing the peer, which then does nothing more', () =>
    run(async (peers) => {
      const raft: LabRaft = peers.add(0, { config, onWarning: () => raft.kill() });
      await peers.leader();
      for (const command of ['a', 'b']) raft.start(command);
      await peers.clock.sleep(10);
      expect([peers.warnings.length, peers.log(0), peers.errors]).toEqual([1, [], []]);
    }));

  test('whose receiver throws stops the peer, as an observer that throws does', () =>
    run(async (peers) => {
      const raft = peers.add(0, {
        config,
        onWarning() {
          throw new Error('no log file');
        },
      });
      await peers.leader();
      for (const command of ['a', 'b']) raft.start(command);
      await peers.clock.sleep(10);
      expect(peers.errors).toMatchObject([{ kind: 'rule', cause: { message: 'no log file' } }]);
      expect(raft.status().life).toBe('stopped');
    }));
});

describe('a candidate whose service is far behind', () => {
  /** When server 0 of 3 first starts an election, with a service that has not taken `entryCount` committed entries. */
  async function candidacyMs(entryCount: number): Promise<number> {
    let standsAt = 0;
    await run(async (peers) => {
      const persister = new Persister();
      const raft = peers.add(0, {
        serverCount: 3,
        storage: persister,
        config: { maxUnappliedEntries: 50 },
        applyCh: () => peers.clock.sleep(1e6),
      });
      const entries = Array.from({ length: entryCount }, () => new CommandEntry(1, codec.encode('a')));
      const args = {
        term: 1,
        leaderId: 1,
        prevLogIndex: 0,
        prevLogTerm: 0,
        entries,
        leaderCommit: entryCount,
        round: 1,
      };
      await raft.service.methods.get('AppendEntries')?.dispatch(raftMethods.appendEntries.args.encode(args));
      const heardAt = peers.clock.now();
      while (raft.getState().term === 1) await peers.clock.sleep(1);
      standsAt = peers.clock.now() - heardAt;
    });
    return standsAt;
  }

  test('starts an election one election timeout later than others (sofastack/sofa-jraft#550)', async () => {
    const [usual, behind] = [await candidacyMs(49), await candidacyMs(50)];
    expect(usual).toBeLessThanOrEqual(501);
    expect(behind).toBeGreaterThanOrEqual(800);
    expect(behind).toBeLessThanOrEqual(1001);
  });
});

describe('snapshot', () => {
  test('of entries that wait in the queue is refused: after a restart those commands would be lost (nats-io/nats-server#3909)', () =>
    run(async (peers) => {
      const refused: unknown[] = [];
      const raft: LabRaft = peers.add(0, {
        applyCh(message) {
          const index = appliedIndexOf(message);
          if (index !== 3) return;
          try {
            raft.snapshot(8, Uint8Array.of(8));
          } catch (error) {
            refused.push(error);
          }
          raft.snapshot(3, Uint8Array.of(3));
        },
      });
      await peers.leader();
      for (let n = 1; n <= 8; n += 1) raft.start(n);
      await peers.clock.sleep(1);
      expect(refused).toMatchObject([{ name: 'SnapshotError', server: 0, index: 8, lastHanded: 3 }]);
      expect([raft.status().log.snapshotIndex, peers.log(0).length]).toEqual([3, 8]);
    }));
});
