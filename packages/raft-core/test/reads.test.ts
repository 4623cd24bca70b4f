// What a service gets from its peer beside the log: the index of a read, another leader, and word of what has changed.
import { Membership } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import {
  Raft,
  type RaftListener,
  type Standing,
  type TransferCounts,
  type Transport,
} from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { codec, run, type Peers } from './peers.ts';

const config = { appendsNoop: true, preVote: true };

/** Three peers, and the number of their leader. */
async function three(peers: Peers): Promise<number> {
  for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3, config });
  return peers.leader();
}

describe('readIndex', () => {
  test('resolves on every server to an index that covers what was committed before the call', () =>
    run(async (peers) => {
      const leader = await three(peers);
      await peers.clock.sleep(500);
      peers.raft(leader).start('x');
      await peers.clock.sleep(50);
      const results = await Promise.all([0, 1, 2].map((server) => peers.raft(server).readIndex()));
      expect(results).toEqual([0, 1, 2].map(() => ({ ok: true, index: 2 })));
    }));

  test('reads of one turn are one read of the core', () =>
    run(async (peers) => {
      const leader = await three(peers);
      await peers.clock.sleep(500);
      const reads = Array.from({ length: 100 }, () => peers.raft(leader).readIndex());
      await Promise.all(reads);
      const { state } = { state: peers.raft(leader).status() };
      expect(state.role).toBe('leader');
      expect((await peers.raft(leader).readIndex()).ok).toBe(true);
    }));

  test('is refused where no leader is known, and after the end of the peer, also for reads that wait', () =>
    run(async (peers) => {
      const alone = peers.add(0, { serverCount: 3, config });
      expect(await alone.readIndex()).toEqual({ ok: false, reason: 'no-leader' });
      const waiting = alone.readIndex();
      alone.kill();
      expect(await waiting).toEqual({ ok: false, reason: 'killed' });
      expect(await alone.readIndex()).toEqual({ ok: false, reason: 'killed' });
    }));
});

const transfersOf = (raft: Pick<Raft, 'status'>): TransferCounts => raft.status().counters.transfers;

describe('transferLeadership', () => {
  test('makes the named server leader within milliseconds, and start is refused meanwhile', () =>
    run(async (peers) => {
      const leader = await three(peers);
      await peers.clock.sleep(500);
      const to = (leader + 1) % 3;
      const begun = peers.clock.now();
      const transfer = peers.raft(leader).transferLeadership(to);
      expect(peers.raft(leader).start('x')).toMatchObject({ reason: 'transferring', retry: 'later' });
      expect(await peers.raft(leader).transferLeadership(to)).toEqual({ ok: false, reason: 'transferring' });
      expect(transfersOf(peers.raft(leader))).toEqual({ started: 1, completed: 0, givenUp: 0 });
      expect(await transfer).toEqual({ ok: true });
      expect(transfersOf(peers.raft(leader))).toEqual({ started: 1, completed: 1, givenUp: 0 });
      expect(await peers.leader()).toBe(to);
      expect(peers.clock.now() - begun).toBeLessThan(50);
    }));

  test('gives up on a server that is gone, and takes proposals again', () =>
    run(async (peers) => {
      const leader = await three(peers);
      await peers.clock.sleep(500);
      const to = (leader + 1) % 3;
      peers.raft(to).kill();
      expect(await peers.raft(leader).transferLeadership(to)).toEqual({ ok: false, reason: 'gave-up' });
      expect(transfersOf(peers.raft(leader))).toEqual({ started: 1, completed: 0, givenUp: 1 });
      expect(peers.raft(leader).start('x').isLeader).toBe(true);
    }));

  test('is refused on a server that does not lead, and for a target that cannot', () =>
    run(async (peers) => {
      const leader = await three(peers);
      const other = peers.raft((leader + 1) % 3);
      expect(await other.transferLeadership()).toEqual({ ok: false, reason: 'not-leader' });
      expect(transfersOf(other)).toEqual({ started: 0, completed: 0, givenUp: 0 });
      expect(() => peers.raft(leader).transferLeadership(leader)).toThrow(RangeError);
      expect(() => peers.raft(leader).transferLeadership(7)).toThrow(/^to must be another of the voters/);
    }));

  test('comes first in an orderly stop', () =>
    run(async (peers) => {
      const leader = await three(peers);
      await peers.clock.sleep(500);
      const begun = peers.clock.now();
      await peers.raft(leader).stop({ transfersLeadership: true });
      await peers.leader([0, 1, 2].filter((server) => server !== leader));
      expect(peers.clock.now() - begun).toBeLessThan(50);
    }));
});

describe('a listener', () => {
  /** A peer alone, and what its listener heard. */
  async function alone(
    listener: (heard: unknown[], raft: () => Raft) => RaftListener,
    main: (raft: Raft, clock: VirtualClock, heard: unknown[]) => Promise<void>,
  ): Promise<void> {
    const clock = new VirtualClock();
    const heard: unknown[] = [];
    const transport: Transport = { send: () => undefined, close: () => undefined };
    const raft: Raft = new Raft({
      me: 0,
      membership: Membership.ofSize(1),
      storage: new Persister(),
      transport,
      applyCh: () => undefined,
      clock,
      random: Random.fromSeed(1),
      commandCodec: codec,
      config,
      listener: listener(heard, () => raft),
      onError: (error) => heard.push(error.message),
    });
    await clock.run(() => main(raft, clock, heard));
  }

  test('hears of each role, term and leader, and of what the service has taken', () =>
    alone(
      (heard) => ({
        onStanding: (standing: Standing) => heard.push(standing),
        onApplied: (index) => heard.push(index),
      }),
      async (raft, clock, heard) => {
        await clock.sleep(1000);
        raft.start('x');
        raft.start('y');
        await clock.sleep(1);
        expect(heard).toEqual([{ role: 'leader', term: 1, leaderId: 0 }, 1, 3]);
      },
    ));

  test('may call the peer: it is called after the turn', () =>
    alone(
      (heard, raft) => ({
        onStanding: ({ role }) => {
          if (role === 'leader') heard.push(raft().start('first').isLeader);
        },
      }),
      async (_raft, clock, heard) => {
        await clock.sleep(1000);
        expect(heard).toEqual([true]);
      },
    ));

  test('that throws stops the peer', () =>
    alone(
      () => ({
        onStanding: () => {
          throw new Error('the listener is broken');
        },
      }),
      async (_raft, clock, heard) => {
        await clock.sleep(1000);
        expect(heard).toEqual(['server 0 stopped because the service failed: the listener is broken']);
      },
    ));

  test('hears nothing after the end', () =>
    alone(
      (heard) => ({ onStanding: (standing) => heard.push(standing) }),
      async (raft, clock, heard) => {
        raft.kill();
        await clock.sleep(1000);
        expect(heard).toEqual([]);
      },
    ));
});
