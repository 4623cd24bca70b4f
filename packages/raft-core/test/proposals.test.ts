// The refusals of `start`, and whether the caller may try again: the bounds on a command and on uncommitted entries.
/* oxlint-disable vitest/expect-expect -- check() expects */
import type { LabRaft } from '@raftlab/raft-core';
import { CommandEntry } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { describe, expect, test } from 'vitest';
import { check, codec, run, type Peers } from './peers.ts';

/** The encoded length of a command of this many characters. */
function sizeOf(command: string): number {
  return codec.encode(command).length;
}

/** The leader of three servers, whose followers have just been disconnected: it cannot commit. */
async function cutOff(peers: Peers, config: Parameters<Peers['add']>[1] = {}): Promise<LabRaft> {
  for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3, ...config });
  const leader = await peers.leader();
  await peers.clock.sleep(20);
  for (const me of [0, 1, 2]) if (me !== leader) peers.network.setCut(me, true);
  return peers.raft(leader);
}

describe('a command', () => {
  test('that is longer than maxCommandBytes is refused permanently, by every server, and is in no log', () =>
    run(async (peers) => {
      const command = 'x'.repeat(100);
      const config = { maxCommandBytes: sizeOf(command) };
      const raft = peers.add(0, { config });
      expect(raft.start(`${command}x`)).toEqual({
        isLeader: false,
        term: 0,
        reason: 'too-large',
        retry: 'never',
      });
      await peers.leader();
      expect(raft.start(`${command}x`)).toMatchObject({ reason: 'too-large', retry: 'never' });
      check(raft.start(command), [1, 1]);
    }));

  test('of one megabyte is accepted by default, and one of two is not', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      check(raft.start('x'.repeat(2 ** 20 - 100)), [1, 1]);
      check(raft.start('x'.repeat(2 ** 21)), 'too-large');
    }));

  test("that the leader accepts has the lab's result, and a refusal has the place to try again", () =>
    run(async (peers) => {
      const raft = peers.add(0, { config: { maxUncommittedEntries: 1 } });
      expect(raft.start('a')).toEqual({ isLeader: false, term: 0, reason: 'not-leader', retry: 'elsewhere' });
      await peers.leader();
      expect(raft.start('a')).toEqual({ isLeader: true, index: 1, term: 1 });
      expect(raft.start('b')).toEqual({ isLeader: false, term: 1, reason: 'busy', retry: 'later' });
    }));
});

describe('the uncommitted part of the log', () => {
  test('is bounded in entries: further proposals are refused as busy, and accepted again after a commit', () =>
    run(async (peers) => {
      const raft = await cutOff(peers, { config: { maxUncommittedEntries: 3 } });
      const { term } = raft.getState();
      for (const index of [1, 2, 3]) check(raft.start('a'), [index, term]);
      check(raft.start('a'), 'busy');
      expect(raft.status()).toMatchObject({
        log: { lastIndex: 3 },
        uncommitted: { entries: 3 },
        counters: { refusals: { busy: 1 } },
      });
      for (const me of [0, 1, 2]) peers.network.setCut(me, false);
      await peers.clock.sleep(250);
      check(raft.start('b'), [4, term]);
    }));

  test('is bounded in bytes, for any number of entries', () =>
    run(async (peers) => {
      const command = 'x'.repeat(100);
      const raft = await cutOff(peers, { config: { maxUncommittedBytes: 3 * sizeOf(command) } });
      const { term } = raft.getState();
      for (const index of [1, 2, 3]) check(raft.start(command), [index, term]);
      check(raft.start('y'), 'busy');
      expect(raft.status().uncommitted).toEqual({ entries: 3, bytes: 3 * sizeOf(command) });
      for (const me of [0, 1, 2]) peers.network.setCut(me, false);
      await peers.clock.sleep(250);
      for (const index of [4, 5, 6]) check(raft.start(command), [index, term]);
      check(raft.start('y'), 'busy');
    }));

  test('may exceed the bound by one command, because a long one could never be proposed otherwise', () =>
    run(async (peers) => {
      const raft = peers.add(0, { config: { maxUncommittedBytes: 10 } });
      await peers.leader();
      check(raft.start('x'.repeat(100)), [1, 1]);
      check(raft.start('y'), 'busy');
      await peers.clock.sleep(1);
      check(raft.start('y'), [2, 1]);
    }));

  test('of earlier terms never blocks a leader: it can commit them only with a new entry (§5.4.2)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const entries = [1, 1, 1].map((term) => new CommandEntry(term, codec.encode('old')));
      persister.write({ hardState: { currentTerm: 1, votedFor: null }, log: { firstIndex: 1, entries } });
      const raft = peers.add(0, { storage: persister, config: { maxUncommittedEntries: 2 } });
      await peers.leader();
      check(raft.start('new'), [4, 2]);
      check(raft.start('new'), 'busy');
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['1:old', '2:old', '3:old', '4:new']);
    }));

  test('is counted separately in each term, regardless of earlier proposals', () =>
    run(async (peers) => {
      const command = 'x'.repeat(100);
      const config = { maxUncommittedBytes: 2 * sizeOf(command) };
      const raft = await cutOff(peers, { config });
      const old = raft.status().me;
      for (let count = 0; count < 2; count += 1) raft.start(command);
      // It steps down alone; the other servers agree on another entry, which replaces its entries.
      peers.network.setCut(old, true);
      for (const me of [0, 1, 2]) if (me !== old) peers.network.setCut(me, false);
      await peers.clock.sleep(1000);
      const others = [0, 1, 2].filter((me) => me !== old);
      peers.raft(await peers.leader(others)).start('z');
      await peers.clock.sleep(20);
      peers.network.setCut(old, false);
      await peers.clock.sleep(500);
      const leader = peers.raft(await peers.leader());
      check(leader.start(command), [2, leader.getState().term]);
      check(leader.start(command), [3, leader.getState().term]);
      check(leader.start(command), 'busy');
    }));
});
