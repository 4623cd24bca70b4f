// `status()`: the report of a peer about itself, as plain data.
import type { RaftStatus } from '@raftlab/raft-core';
import { Persister } from '@raftlab/persister';
import type { Storage } from '@raftlab/storage';
import { describe, expect, test } from 'vitest';
import { close, run, type Peers } from './peers.ts';

/** Three servers with a leader, whose first heartbeats are answered. */
async function cluster(peers: Peers): Promise<{ leader: number; others: [number, number] }> {
  for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
  const leader = await peers.leader();
  await peers.clock.sleep(20);
  return { leader, others: leader === 0 ? [1, 2] : leader === 1 ? [0, 2] : [0, 1] };
}

describe('status', () => {
  test('of a leader has the log, the commit, the service and every follower', () =>
    run(async (peers) => {
      const { leader, others } = await cluster(peers);
      for (const command of ['a', 'b']) peers.raft(leader).start(command);
      await peers.clock.sleep(5);
      const { counters, ...status } = peers.raft(leader).status();
      const follower = {
        mode: 'replicate',
        matchIndex: 2,
        nextIndex: 3,
        inflightMessages: 0,
        inflightBytes: 0,
        windowBytes: 128 * 1024,
        lastHeardMsAgo: 1,
      };
      expect(status).toEqual({
        me: leader,
        life: 'running',
        role: 'leader',
        term: 1,
        leaderId: leader,
        log: { firstIndex: 1, lastIndex: 2, lastTerm: 1, snapshotIndex: 0 },
        commitIndex: 2,
        lastApplied: 2,
        service: { waiting: { entries: 0, bytes: 0 }, waitingSnapshotBytes: 0, isBehind: false },
        uncommitted: { entries: 0, bytes: 0 },
        followers: others.map((server) => ({ server, ...follower })),
      });
      expect(counters).toMatchObject({ electionsStarted: 1, termsLed: 1, appendsHeldBack: 0 });
    }));

  test('of a follower names its leader, and has no followers', () =>
    run(async (peers) => {
      const { leader, others } = await cluster(peers);
      const [other] = others;
      const status = peers.raft(other).status();
      expect(status).toMatchObject({ role: 'follower', leaderId: leader, followers: [] });
      expect(status.counters).toMatchObject({ electionsStarted: 0, termsLed: 0 });
    }));

  test('counts uncommitted entries, and those that the service has not taken', () =>
    run(async (peers) => {
      const raft = peers.add(0, { applyCh: () => peers.clock.sleep(1000) });
      await peers.leader();
      for (const command of ['a', 'b', 'c']) raft.start(command);
      const proposed = raft.status();
      expect(proposed.uncommitted.entries).toBe(3);
      expect(proposed.uncommitted.bytes).toBeGreaterThanOrEqual(3);
      await peers.clock.sleep(1);
      // The service is busy with the first message, and has taken none.
      expect(raft.status()).toMatchObject({
        commitIndex: 3,
        lastApplied: 0,
        uncommitted: { entries: 0, bytes: 0 },
        service: { waiting: proposed.uncommitted, isBehind: false },
      });
      await peers.clock.sleep(2000);
      expect(raft.status()).toMatchObject({ lastApplied: 2, service: { waiting: { entries: 1 } } });
    }));

  test('after a snapshot has a log that begins after it, if no tail is kept', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      for (const command of ['a', 'b', 'c']) raft.start(command);
      await peers.clock.sleep(1);
      raft.snapshot(2, Uint8Array.of(1));
      expect(raft.status()).toMatchObject({
        log: { firstIndex: 3, lastIndex: 3, snapshotIndex: 2 },
        lastApplied: 3,
        service: { waiting: { entries: 0, bytes: 0 } },
      });
    }));

  test('has the time since a disconnected follower was last heard', () =>
    run(async (peers) => {
      const { leader, others } = await cluster(peers);
      peers.network.setCut(others[0], true);
      await peers.clock.sleep(2000);
      const [silent, heard] = peers.raft(leader).status().followers;
      expect(silent?.lastHeardMsAgo).toBeGreaterThan(1800);
      expect(heard?.lastHeardMsAgo).toBeLessThan(200);
    }));

  test('is available before storage has loaded, and after the end', () =>
    run(async (peers) => {
      const persister = new Persister();
      const storage: Storage = {
        load: () => peers.clock.sleep(50).then(() => persister.load()),
        write: (batch) => persister.write(batch),
        close,
      };
      const raft = peers.add(0, { storage });
      expect(raft.status()).toMatchObject({ life: 'loading', role: 'follower', term: 0, leaderId: null });
      await peers.clock.sleep(50);
      await peers.leader();
      raft.kill();
      expect(raft.status()).toMatchObject({ life: 'killed', term: 1 });
    }));

  test('counts refused proposals by their reason', () =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3 });
      raft.start('a');
      raft.start('b');
      raft.kill();
      raft.start('c');
      expect(raft.status().counters.refusals).toEqual({
        'not-leader': 2,
        loading: 0,
        busy: 0,
        transferring: 0,
        'too-large': 0,
        killed: 1,
        stopped: 0,
      });
    }));

  test('is plain JSON, and does not change when the peer continues', () =>
    run(async (peers) => {
      const { leader } = await cluster(peers);
      const status = peers.raft(leader).status();
      const text = JSON.stringify(status);
      peers.raft(leader).start('a');
      await peers.clock.sleep(500);
      const read: RaftStatus = JSON.parse(text);
      expect(read).toEqual(status);
      expect(JSON.stringify(status)).toBe(text);
    }));
});
