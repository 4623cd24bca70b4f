// The peer around the core, in virtual time: its guarantees to its service, its storage and the other peers.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { BadMessageError, make, PeerStoppedError, SnapshotError, type LabRaft } from '@raftlab/raft-core';
import { CorruptStateError, type Storage, type WriteBatch } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import { raftMethods, appliedIndexOf, CommandEntry, payloadOf, type LogEntry } from '@raftlab/protocol';
import { CodecError, splitMethodName, valueCodec, type ClientEnd, type Method } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { check, close, codec, run } from './peers.ts';
import { SlowStorage } from './slow-storage.ts';

/** Asks this peer as another would, over bytes; undefined when there is no answer. */
async function ask<Args, Reply>(
  raft: LabRaft,
  method: Method<Args, Reply>,
  args: Args,
): Promise<Reply | undefined> {
  const bytes = await raft.service.methods
    .get(splitMethodName(method.name)[1])
    ?.dispatch(method.args.encode(args));
  return bytes === undefined ? undefined : method.reply.decode(bytes);
}

function vote(
  candidateId: number,
  term: number,
): { term: number; candidateId: number; lastLogIndex: number; lastLogTerm: number } {
  return { term, candidateId, lastLogIndex: 99, lastLogTerm: term - 1 };
}

function append(prevLogIndex: number, values: readonly unknown[], leaderCommit = 0) {
  const entries = values.map((value) => new CommandEntry(1, codec.encode(value)));
  return {
    term: 1,
    leaderId: 1,
    prevLogIndex,
    prevLogTerm: prevLogIndex === 0 ? 0 : 1,
    entries,
    leaderCommit,
    round: 1,
  };
}

function commandIn(entry: LogEntry): unknown {
  return codec.decode(payloadOf(entry));
}

/** A promise whose state a test can inspect: whether it has settled, and its value. */
function watch<T>(promise: Promise<T>): { isDone: boolean; value?: T } {
  const watched: { isDone: boolean; value?: T } = { isDone: false };
  void promise.then((value) => Object.assign(watched, { isDone: true, value }));
  return watched;
}

// ---- start and getState ----

describe('start', () => {
  test('a leader returns the index of the command, and the service receives the command at that index (lab 3A, 3B)', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      check(raft.start('a'), [1, 1]);
      check(raft.start({ key: 'b' }), [2, 1]);
      await peers.clock.sleep(1);
      expect(peers.applied[0]).toEqual([
        { commandValid: true, snapshotValid: false, command: 'a', commandIndex: 1, commandTerm: 1 },
        { commandValid: true, snapshotValid: false, command: { key: 'b' }, commandIndex: 2, commandTerm: 1 },
      ]);
      expect(raft.getState()).toEqual({ term: 1, isLeader: true });
    }));

  test('on a follower returns `not-leader`', () =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3 });
      check(raft.start('a'), 'not-leader');
      expect(raft.getState()).toEqual({ term: 0, isLeader: false });
    }));

  test('on a killed leader returns `killed`, and the term does not change', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      raft.kill();
      raft.kill();
      check(raft.start('a'), 'killed');
      expect(raft.getState()).toEqual({ term: 1, isLeader: false });
    }));

  test('on a peer whose storage has not loaded returns `loading`', () =>
    run(async (peers) => {
      const storage: Storage = {
        load: () => peers.clock.sleep(50).then(() => undefined),
        write: () => undefined,
        close,
      };
      const raft = peers.add(0, { storage });
      check(raft.start('a'), 'loading');
      raft.snapshot(1, Uint8Array.of(1));
      expect(raft.getState()).toEqual({ term: 0, isLeader: false });
      await peers.clock.sleep(50);
      check(raft.start('a'), 'not-leader');
    }));

  test('on a peer that has failed returns `stopped`', () =>
    run(async (peers) => {
      const storage: Storage = {
        load: () => undefined,
        write: () => Promise.reject(new Error('the disk failed')),
        close,
      };
      const raft = peers.add(0, { storage });
      await peers.clock.sleep(1000);
      check(raft.start('a'), 'stopped');
    }));

  test('an unserializable command is rejected with the path to the invalid part, and nothing changes', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      const cyclic: { self?: unknown } = {};
      cyclic.self = cyclic;
      for (const [command, path] of [
        [{ list: [1, () => 2] }, 'list[1]'],
        [{ at: { deep: Symbol('s') } }, 'at.deep'],
        [{ map: new Map() }, 'map'],
        [cyclic, 'self'],
      ] as const) {
        expect(() => raft.start(command)).toThrow(CodecError);
        expect(() => raft.start(command)).toThrow(path);
      }
      // The next command gets the first index.
      check(raft.start('fine'), [1, 1]);
    }));

  test('a command that violates its schema is rejected before it enters the log, because receivers could not decode it', () =>
    run(async (peers) => {
      const strict = valueCodec<unknown>('put', z.strictObject({ key: z.string() }));
      const raft = peers.add(0, { commandCodec: strict });
      await peers.leader();
      expect(() => raft.start({ key: 7 })).toThrow(CodecError);
      check(raft.start({ key: 'k' }), [1, 1]);
      await peers.clock.sleep(1);
      expect(peers.applied[0]).toMatchObject([{ command: { key: 'k' } }]);
      expect(peers.errors).toEqual([]);
    }));

  test('changes that the caller makes to a command after start do not change the proposal', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      const command = { list: [1, 2], bytes: Uint8Array.of(7) };
      raft.start(command);
      command.list.push(3);
      command.bytes.fill(0);
      await peers.clock.sleep(1);
      expect(peers.applied[0]).toMatchObject([{ command: { list: [1, 2], bytes: Uint8Array.of(7) } }]);
    }));

  test('a server number outside of the peers is rejected', () =>
    run(async (peers) => {
      for (const me of [-1, 3, 1.5]) expect(() => peers.add(me, { serverCount: 3 })).toThrow(RangeError);
    }));

  test('commands of one turn are sent in one message per follower (§5.3)', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
      const leader = await peers.leader();
      await peers.clock.sleep(20);
      const before = peers.network.calls.length;
      for (let value = 0; value < 10; value += 1) peers.raft(leader).start(value);
      await peers.clock.sleep(0);
      const sent = peers.network.calls.slice(before).map(({ args }) => args);
      expect(sent).toHaveLength(2);
      for (const args of sent) expect(args).toMatchObject({ entries: { length: 10 } });
    }));

  test('three peers agree on all commands in one order, and a commit does not wait for a heartbeat (§5.3)', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
      const leader = await peers.leader();
      await peers.clock.sleep(20);
      for (const command of ['a', 'b', 'c']) peers.raft(leader).start(command);
      await peers.clock.sleep(4);
      for (const me of [0, 1, 2]) expect(peers.log(me)).toEqual(['1:a', '2:b', '3:c']);
    }));
});

// ---- the end ----

describe('after kill', () => {
  test('there are no messages, applies or replies', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
      const leader = await peers.leader();
      await peers.clock.sleep(20);
      const raft = peers.raft(leader);
      raft.start('committed');
      await peers.clock.sleep(3);
      raft.start('never sent');
      raft.kill();
      const callCount = peers.network.calls.filter(({ from }) => from === leader).length;
      const heard = peers.log(leader).length;
      raft.snapshot(1, Uint8Array.of(1));
      expect(await ask(raft, raftMethods.requestVote, vote((leader + 1) % 3, 50))).toBeUndefined();
      await peers.clock.sleep(3000);
      expect(peers.network.calls.filter(({ from }) => from === leader)).toHaveLength(callCount);
      expect(peers.log(leader)).toHaveLength(heard);
      expect(raft.getState()).toEqual({ term: expect.any(Number), isLeader: false });
    }));

  test('a write that waits for another never begins, and messages that waited for it are never sent', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const first = watch(ask(raft, raftMethods.requestVote, vote(1, 1)));
      const second = watch(ask(raft, raftMethods.appendEntries, append(0, ['a'])));
      expect(storage.batches).toHaveLength(1);
      raft.kill();
      storage.finish();
      await peers.clock.sleep(10);
      expect(storage.batches).toHaveLength(1);
      expect([first, second]).toEqual([
        { isDone: true, value: undefined },
        { isDone: true, value: undefined },
      ]);
    }));

  test('a kill in the middle of a turn suppresses the remaining messages of the turn', () =>
    run(async (peers) => {
      let callCount = 0;
      const end: ClientEnd = {
        call() {
          callCount += 1;
          peers.raft(0).kill();
          return Promise.resolve({ ok: false });
        },
      };
      peers.add(0, { serverCount: 3, ends: [end, end, end] });
      await peers.clock.sleep(3000);
      // Only one of two vote requests was sent.
      expect([callCount, peers.errors]).toEqual([1, []]);
    }));

  test('a service that kills its peer in the apply callback receives no further messages', () =>
    run(async (peers) => {
      const raft: LabRaft = peers.add(0, { applyCh: () => raft.kill() });
      await peers.leader();
      for (const command of ['a', 'b']) raft.start(command);
      await peers.clock.sleep(10);
      expect([peers.log(0), peers.errors]).toEqual([['1:a'], []]);
    }));

  test('a service that is still busy with the last message receives no further ones', () =>
    run(async (peers) => {
      const raft = peers.add(0, { applyCh: () => peers.clock.sleep(5) });
      await peers.leader();
      for (const command of ['a', 'b']) raft.start(command);
      await peers.clock.sleep(1);
      raft.kill();
      await peers.clock.sleep(50);
      expect([peers.log(0), peers.errors]).toEqual([['1:a'], []]);
    }));

  test('a peer that is killed while its storage loads never starts', () =>
    run(async (peers) => {
      const storage: Storage = {
        load: () => peers.clock.sleep(50).then(() => undefined),
        write: () => undefined,
        close,
      };
      const raft = peers.add(0, { storage });
      const waiting = watch(ask(raft, raftMethods.requestVote, vote(1, 1)).catch(() => undefined));
      raft.kill();
      await peers.clock.sleep(3000);
      check(raft.start('a'), 'killed');
      expect([waiting.isDone, peers.network.calls]).toEqual([true, []]);
    }));
});

// ---- storage ----

describe('storage with asynchronous writes', () => {
  test('a vote is sent only when it is durable (Figure 2, persistent state)', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const reply = watch(ask(raft, raftMethods.requestVote, vote(1, 1)));
      await peers.clock.sleep(200);
      expect(reply.isDone).toBe(false);
      storage.finish();
      await peers.clock.sleep(0);
      expect(reply.value).toEqual({ term: 1, voteGranted: true });
      expect(storage.persister.load()?.hardState).toEqual({ currentTerm: 1, votedFor: 1 });
    }));

  test('an acknowledgement is sent only when the entries are durable (§5.3)', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const reply = watch(ask(raft, raftMethods.appendEntries, append(0, ['a', 'b'])));
      await peers.clock.sleep(200);
      expect(reply.isDone).toBe(false);
      storage.finish();
      await peers.clock.sleep(0);
      expect(reply.value).toEqual({ term: 1, success: true, matchIndex: 2, round: 1 });
      expect(storage.persister.load()?.entries).toHaveLength(2);
    }));

  test('a refusal also waits if it contains a term that is not durable yet (Figure 2, persistent state)', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const grant = watch(ask(raft, raftMethods.requestVote, vote(1, 5)));
      const refused = watch(ask(raft, raftMethods.requestVote, vote(2, 5)));
      await peers.clock.sleep(100);
      expect([grant.isDone, refused.isDone]).toEqual([false, false]);
      storage.finish();
      await peers.clock.sleep(0);
      expect([grant.value?.voteGranted, refused.value]).toEqual([true, { term: 5, voteGranted: false }]);
    }));

  test("vote requests are sent only when the candidate's own vote is durable (§5.2)", () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      peers.add(0, { serverCount: 3, storage });
      // After the first election timeout, before the second.
      await peers.clock.sleep(550);
      expect([storage.isWriting, peers.network.calls]).toEqual([true, []]);
      storage.finish();
      await peers.clock.sleep(0);
      expect(peers.network.calls.map(({ to, method }) => `${method} to ${to}`)).toEqual([
        'Raft.RequestVote to 1',
        'Raft.RequestVote to 2',
      ]);
    }));

  test('inputs that arrive during a write are merged into the next one, in order (group commit)', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const replies = ['a', 'b', 'c', 'd'].map((value, prev) =>
        watch(ask(raft, raftMethods.appendEntries, append(prev, [value]))),
      );
      await peers.clock.sleep(50);
      expect(storage.batches).toHaveLength(1);
      storage.finish();
      await peers.clock.sleep(0);
      // The first is acknowledged; the other three are one write.
      expect(replies.map(({ isDone }) => isDone)).toEqual([true, false, false, false]);
      expect(storage.batches).toHaveLength(2);
      expect(storage.batches[1]).toMatchObject({ log: { firstIndex: 2, entries: { length: 3 } } });
      storage.finish();
      await peers.clock.sleep(0);
      expect(replies.map(({ value }) => value)).toEqual(
        [1, 2, 3, 4].map((matchIndex) => ({ term: 1, success: true, matchIndex, round: 1 })),
      );
      expect(storage.isWriting).toBe(false);
      expect(storage.persister.load()?.entries.map(commandIn)).toEqual(['a', 'b', 'c', 'd']);
    }));

  test('the proposals of one turn are one write, which begins when the turn ends (group commit)', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { storage });
      await peers.clock.sleep(550);
      storage.finish(); // the vote for itself
      await peers.clock.sleep(0);
      for (const value of ['a', 'b', 'c']) raft.start(value);
      expect(storage.isWriting).toBe(false);
      await peers.clock.sleep(0);
      expect(storage.batches.slice(1)).toMatchObject([{ log: { firstIndex: 1, entries: { length: 3 } } }]);
      storage.finish();
      await peers.clock.sleep(0);
      expect(peers.log(0)).toEqual(['1:a', '2:b', '3:c']);
    }));

  test('proposals are written before a vote that is granted in the same turn', () =>
    run(async (peers) => {
      const persisters = [0, 1, 2].map(() => new Persister());
      for (const [me, storage] of persisters.entries()) peers.add(me, { serverCount: 3, storage });
      const leader = await peers.leader();
      peers.raft(leader).start('a');
      const reply = ask(peers.raft(leader), raftMethods.requestVote, vote((leader + 1) % 3, 50));
      expect(persisters[leader]?.load()).toMatchObject({
        hardState: { currentTerm: 50, votedFor: (leader + 1) % 3 },
        entries: { length: 1 },
      });
      expect(await reply).toMatchObject({ voteGranted: true });
    }));

  test('entries that are overwritten before they were durable are never written', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      void ask(raft, raftMethods.appendEntries, append(0, ['a']));
      void ask(raft, raftMethods.appendEntries, append(1, ['old', 'old']));
      const newer = { term: 2, leaderId: 2, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 0, round: 1 };
      const reply = watch(
        ask(raft, raftMethods.appendEntries, {
          ...newer,
          entries: [new CommandEntry(2, codec.encode('new'))],
        }),
      );
      storage.finish();
      await peers.clock.sleep(0);
      storage.finish();
      await peers.clock.sleep(0);
      expect(reply.value).toEqual({ term: 2, success: true, matchIndex: 2, round: 1 });
      expect(storage.persister.load()?.entries.map(commandIn)).toEqual(['a', 'new']);
    }));

  test("a leader's command is applied only when its own disk or a majority of the others has stored it (§5.3)", () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { storage });
      await peers.clock.sleep(550);
      storage.finish();
      await peers.clock.sleep(1);
      check(raft.start('a'), [1, 1]);
      await peers.clock.sleep(300);
      expect(peers.log(0)).toEqual([]);
      storage.finish();
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['1:a']);
    }));
});

describe('storage that fails', () => {
  test.each([
    ['throws', () => { throw new Error('the disk failed'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('the disk failed'))],
  ])('a write that %s stops the peer for good, and onError is called once', (_how, write) =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3, storage: { load: () => undefined, write, close } });
      const reply = watch(ask(raft, raftMethods.requestVote, vote(1, 1)));
      await peers.clock.sleep(3000);
      // It sent no vote and started no election.
      expect([reply, peers.network.calls]).toEqual([{ isDone: true, value: undefined }, []]);
      expect(peers.errors).toHaveLength(1);
      expect(peers.errors[0]).toBeInstanceOf(PeerStoppedError);
      expect(peers.errors[0]?.message).toBe('server 0 stopped because storage failed: the disk failed');
      expect(peers.errors[0]?.cause).toBeInstanceOf(Error);
      check(raft.start('a'), 'stopped');
    }),
  );

  test('without onError the error is thrown from a timer, so that the process ends', async () => {
    const clock = new VirtualClock();
    const storage: Storage = {
      load: () => undefined,
      write: () => Promise.reject(new Error('the disk failed')),
      close,
    };
    const ended = clock.run(async () => {
      make([{ call: async () => ({ ok: false }) }], 0, storage, () => undefined, {
        clock,
        random: Random.fromSeed(1),
        commandCodec: codec,
      });
      await clock.sleep(3000);
    });
    await expect(ended).rejects.toThrow('server 0 stopped because storage failed: the disk failed');
  });

  test('inputs that arrived during the failing write are not written after it', () =>
    run(async (peers) => {
      const storage = new SlowStorage();
      const raft = peers.add(0, { serverCount: 3, storage });
      const replies = ['a', 'b'].map((value, prev) =>
        watch(ask(raft, raftMethods.appendEntries, append(prev, [value], 2))),
      );
      storage.fail(new Error('the disk failed'));
      await peers.clock.sleep(3000);
      expect([storage.batches.length, peers.errors.length, replies.map(({ value }) => value)]).toEqual([
        1,
        1,
        [undefined, undefined],
      ]);
      expect(storage.persister.load()).toBeUndefined();
    }));

  test('a state that cannot be read is not replaced with an empty one: make throws', () =>
    run(async (peers) => {
      const persister = new Persister();
      persister.write({ hardState: { currentTerm: 3, votedFor: 1 } });
      persister.save(persister.readRaftState().subarray(0, 25), persister.readSnapshot());
      expect(() => peers.add(0, { storage: persister })).toThrow(CorruptStateError);
    }));

  test.each([
    ['cannot be read', () => Promise.reject(new CorruptStateError('altered'))],
    ['breaks the rules of Raft', () => Promise.resolve({ hardState: { currentTerm: 1, votedFor: null }, snapshot: undefined, entries: [new CommandEntry(2, Uint8Array.of(1))] })], // prettier-ignore
  ])('a peer whose state is loaded asynchronously and %s stops, and calls onError', (_what, load) =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3, storage: { load, write: () => undefined, close } });
      const reply = watch(ask(raft, raftMethods.requestVote, vote(1, 1)));
      await peers.clock.sleep(3000);
      check(raft.start('a'), 'stopped');
      expect(peers.errors[0]?.message).toMatch(/^server 0 stopped because storage could not be read: /);
      expect([reply, peers.network.calls]).toEqual([{ isDone: true, value: undefined }, []]);
    }),
  );

  test('requests that arrive while storage loads are answered in order, from the loaded state', () =>
    run(async (peers) => {
      const persister = new Persister();
      persister.write({ hardState: { currentTerm: 4, votedFor: 2 } });
      const storage: Storage = {
        load: () => peers.clock.sleep(50).then(() => persister.load()),
        write: (batch) => persister.write(batch),
        close,
      };
      const raft = peers.add(0, { serverCount: 3, storage });
      const replies = [vote(1, 4), vote(1, 5), vote(2, 5)].map((args) =>
        watch(ask(raft, raftMethods.requestVote, args)),
      );
      await peers.clock.sleep(49);
      expect(replies.map(({ isDone }) => isDone)).toEqual([false, false, false]);
      await peers.clock.sleep(2);
      expect(replies.map(({ value }) => value)).toEqual([
        { term: 4, voteGranted: false },
        { term: 5, voteGranted: true },
        { term: 5, voteGranted: false },
      ]);
    }));

  test('a transport that throws stops the peer, whether or not the message waited for a write', () =>
    run(async (peers) => {
      const end: ClientEnd = {
        call() {
          throw new Error('no such method');
        },
      };
      const slow = new SlowStorage();
      const rafts = [slow, new Persister()].map((storage, server) =>
        peers.add(server, { serverCount: 3, storage, ends: [end, end, end] }),
      );
      await peers.clock.sleep(550);
      slow.finish();
      await peers.clock.sleep(1);
      for (const raft of rafts) check(raft.start('a'), 'stopped');
      const [withSlow, withFast] = [0, 1].map(
        (server) => `server ${server} stopped because the transport failed: no such method`,
      );
      expect(peers.errors.map(({ message }) => message)).toEqual([withFast, withSlow]);
    }));
});

// ---- the service ----

describe('the apply callback', () => {
  test.each([
    ['throws', () => { throw new Error('bad command'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('bad command'))],
  ])(
    'a service that %s stops its peer, which calls onError and sends the service nothing more',
    (_how, applyCh) =>
      run(async (peers) => {
        const raft = peers.add(0, { applyCh });
        await peers.leader();
        for (const command of ['a', 'b']) raft.start(command);
        await peers.clock.sleep(2000);
        expect(peers.log(0)).toEqual(['1:a']);
        expect(peers.errors.map(({ message }) => message)).toEqual([
          'server 0 stopped because the service failed: bad command',
        ]);
        check(raft.start('c'), 'stopped');
      }),
  );

  test('is never called from inside start, or any step', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      raft.start('a');
      expect(peers.log(0)).toEqual([]);
      await peers.clock.sleep(0);
      expect(peers.log(0)).toEqual(['1:a']);
    }));

  test('is called once at a time, each call after the promise of the previous one, in order (back-pressure)', () =>
    run(async (peers) => {
      let busy = 0;
      const seen: number[] = [];
      const raft = peers.add(0, {
        async applyCh(message) {
          busy += 1;
          if (message.commandValid) seen.push(busy);
          await peers.clock.sleep(7);
          busy -= 1;
        },
      });
      await peers.leader();
      const begun = peers.clock.now();
      for (let value = 1; value <= 20; value += 1) raft.start(value);
      await peers.clock.sleep(13);
      expect(peers.log(0)).toEqual(['1:1', '2:2']);
      await peers.clock.sleep(200);
      expect(seen).toEqual(Array.from({ length: 20 }, () => 1));
      expect(peers.log(0)).toEqual(Array.from({ length: 20 }, (_, at) => `${at + 1}:${at + 1}`));
      expect(peers.clock.now() - begun).toBe(213);
    }));

  test('a slow service delays only its own messages: the peer continues to replicate', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3, applyCh: () => peers.clock.sleep(10_000) });
      const leader = await peers.leader();
      for (const command of ['a', 'b', 'c']) peers.raft(leader).start(command);
      await peers.clock.sleep(2000);
      expect([await peers.leader(), peers.log(leader)]).toEqual([leader, ['1:a']]);
    }));

  test('thousands of messages are delivered in order, and other callbacks run in between', () =>
    run(async (peers) => {
      const raft = peers.add(0);
      await peers.leader();
      for (let value = 1; value <= 3000; value += 1) raft.start(value);
      let heardWhenDeferred = 0;
      peers.clock.defer(() => {
        peers.clock.defer(() => {
          heardWhenDeferred = peers.log(0).length;
        });
      });
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(Array.from({ length: 3000 }, (_, at) => `${at + 1}:${at + 1}`));
      expect(heardWhenDeferred).toBeLessThan(3000);
    }));

  test('receives the term of each entry, which with its index identifies a proposal', () =>
    run(async (peers) => {
      const storage = new Persister();
      storage.write({
        hardState: { currentTerm: 3, votedFor: null },
        log: { firstIndex: 1, entries: [new CommandEntry(2, codec.encode('earlier'))] },
      });
      const raft = peers.add(0, { storage });
      await peers.leader();
      check(raft.start('mine'), [2, 4]);
      await peers.clock.sleep(10);
      expect(peers.applied[0]).toMatchObject([
        { command: 'earlier', commandIndex: 1, commandTerm: 2 },
        { command: 'mine', commandIndex: 2, commandTerm: 4 },
      ]);
    }));

  test('may propose: the command is delivered like any other', () =>
    run(async (peers) => {
      const raft: LabRaft = peers.add(0, {
        applyCh(message) {
          if (message.commandValid && message.command === 'a') check(raft.start('b'), [2, 1]);
        },
      });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['1:a', '2:b']);
    }));
});

describe('noops', () => {
  const config = { appendsNoop: true };

  test('the service receives the index and term of a noop, and no command (§8)', () =>
    run(async (peers) => {
      const raft = peers.add(0, { config });
      await peers.leader();
      check(raft.start('a'), [2, 1]);
      await peers.clock.sleep(1);
      expect(peers.applied[0]).toEqual([
        { commandValid: false, snapshotValid: false, noopIndex: 1, noopTerm: 1 },
        { commandValid: true, snapshotValid: false, command: 'a', commandIndex: 2, commandTerm: 1 },
      ]);
    }));

  test('after a restart the leader commits the earlier entries without a command (§8, §5.4.2)', () =>
    run(async (peers) => {
      const persister = new Persister();
      peers.add(0, { storage: persister, config }).start('too early');
      await peers.leader();
      peers.raft(0).start('a');
      await peers.clock.sleep(1);
      peers.raft(0).kill();
      peers.add(0, { storage: persister.copy(), config });
      await peers.leader();
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['1:noop', '2:a', '3:noop']);
    }));

  test('a snapshot up to a noop covers it, and the entries after it are applied after a restart (§7)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const raft: LabRaft = peers.add(0, {
        storage: persister,
        config,
        applyCh(message) {
          if (!message.commandValid) raft.snapshot(appliedIndexOf(message), Uint8Array.of(1));
        },
      });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      const stored = persister.load();
      expect(stored?.snapshot).toEqual({ lastIncludedIndex: 1, lastIncludedTerm: 1, data: Uint8Array.of(1) });
      expect(stored?.entries).toHaveLength(1);
      raft.kill();
      peers.add(0, { storage: persister.copy(), config });
      await peers.leader();
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['2:a', '3:noop']);
    }));

  test('followers deliver them to their services in order (§8)', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3, config });
      const leader = await peers.leader();
      peers.raft(leader).start('a');
      await peers.clock.sleep(50);
      for (const me of [0, 1, 2]) expect(peers.log(me)).toEqual(['1:noop', '2:a']);
    }));
});

describe('snapshot', () => {
  test('may be called from inside the apply callback; the log is compacted up to the index, and the later entries are kept (§7)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const raft: LabRaft = peers.add(0, {
        storage: persister,
        applyCh(message) {
          if (message.commandValid && message.commandIndex === 3) raft.snapshot(3, Uint8Array.of(33));
        },
      });
      await peers.leader();
      for (let value = 1; value <= 5; value += 1) raft.start(value);
      await peers.clock.sleep(1);
      const stored = persister.load();
      expect(stored?.snapshot).toEqual({
        lastIncludedIndex: 3,
        lastIncludedTerm: 1,
        data: Uint8Array.of(33),
      });
      expect(stored?.entries).toHaveLength(2);
      expect(peers.log(0)).toEqual(['1:1', '2:2', '3:3', '4:4', '5:5']);
    }));

  test('of entries that were not applied throws, and changes nothing (§7)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const raft = peers.add(0, { storage: persister });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      for (const index of [2, -1, 0.5, Number.NaN, Infinity]) {
        expect(() => raft.snapshot(index, Uint8Array.of(1))).toThrow(SnapshotError);
      }
      expect(() => raft.snapshot(2, Uint8Array.of(1))).toThrow('its service was handed the indexes up to 1');
      expect([persister.snapshotSize(), peers.errors]).toEqual([0, []]);
    }));

  test('of entries that an earlier one covers changes nothing (§7)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const raft = peers.add(0, { storage: persister });
      await peers.leader();
      for (const command of ['a', 'b']) raft.start(command);
      await peers.clock.sleep(1);
      raft.snapshot(2, Uint8Array.of(2));
      for (const index of [2, 1, 0]) raft.snapshot(index, Uint8Array.of(9));
      expect(persister.readSnapshot()).toEqual(Uint8Array.of(2));
    }));

  test('a storage that stores snapshots ahead does so before the log is dropped, and writes do not wait for it', () =>
    run(async (peers) => {
      const staged: Uint8Array[] = [];
      let stored: () => void = () => undefined;
      const persister = new Persister();
      const storage: Storage = {
        load: () => persister.load(),
        write: (batch) => persister.write(batch),
        stage(data) {
          staged.push(data);
          return new Promise((resolve) => (stored = resolve));
        },
        close,
      };
      const raft = peers.add(0, { storage });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      const data = Uint8Array.of(1, 2);
      raft.snapshot(1, data);
      raft.start('b');
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['1:a', '2:b']);
      expect([staged, persister.readSnapshot().length]).toEqual([[data], 0]);
      expect(raft.isStoringSnapshot).toBe(true);
      stored();
      await peers.clock.sleep(1);
      expect(raft.isStoringSnapshot).toBe(false);
      expect(persister.readSnapshot()).toEqual(data);
    }));

  test.each(['failure', 'kill'] as const)(
    'a snapshot whose storing ahead ends in a %s has no effect',
    (end) =>
      run(async (peers) => {
        const persister = new Persister();
        const full = new Error('the disk is full');
        const storage: Storage = {
          load: () => persister.load(),
          write: (batch) => persister.write(batch),
          stage: () => (end === 'failure' ? Promise.reject(full) : peers.clock.sleep(1)),
          close,
        };
        const raft = peers.add(0, { storage });
        await peers.leader();
        raft.start('a');
        await peers.clock.sleep(1);
        raft.snapshot(1, Uint8Array.of(1));
        if (end === 'kill') raft.kill();
        await peers.clock.sleep(2);
        expect(persister.readSnapshot().length).toBe(0);
        expect(peers.errors.map(({ cause }) => cause)).toEqual(end === 'failure' ? [full] : []);
      }),
  );

  test('shares no memory with the bytes of the caller, on this peer or another', () =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 1 });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      const data = Uint8Array.of(1, 2);
      raft.snapshot(1, data);
      data.fill(0);
      const follower = peers.add(1, { serverCount: 3 });
      const args = {
        term: 9,
        leaderId: 0,
        lastIncludedIndex: 7,
        lastIncludedTerm: 2,
        data: Uint8Array.of(1, 2),
        sizeBytes: 2,
        offset: 0,
        round: 1,
      };
      await ask(follower, raftMethods.installSnapshot, args);
      await peers.clock.sleep(0);
      expect(peers.applied[1]).toEqual([
        {
          commandValid: false,
          snapshotValid: true,
          snapshot: Uint8Array.of(1, 2),
          snapshotIndex: 7,
          snapshotTerm: 2,
        },
      ]);
    }));

  test('is not copied for a service that shares it', () =>
    run(async (peers) => {
      const stored: unknown[] = [];
      const persister = new Persister();
      const storage: Storage = {
        load: () => persister.load(),
        write(batch) {
          if (batch.snapshot !== undefined) stored.push(batch.snapshot.data);
          return persister.write(batch);
        },
        close,
      };
      const raft = peers.add(0, { storage, sharesSnapshots: true });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(1);
      const data = Uint8Array.of(1, 2);
      raft.snapshot(1, data);
      expect(stored[0]).toBe(data);
    }));

  test('a lagging peer receives the snapshot and the entries after it, in one ordered stream (§7)', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
      const leader = await peers.leader();
      const away = (leader + 1) % 3;
      peers.network.setCut(away, true);
      for (let value = 1; value <= 6; value += 1) peers.raft(leader).start(value);
      await peers.clock.sleep(50);
      for (const me of [0, 1, 2]) if (me !== away) peers.raft(me).snapshot(4, Uint8Array.of(44));
      peers.network.setCut(away, false);
      await peers.clock.sleep(3000);
      expect(peers.log(away)).toEqual(['snapshot 4', '5:5', '6:6']);
      expect(peers.errors).toEqual([]);
    }));
});

// ---- messages of other servers ----

describe('messages', () => {
  test.each([0, 3, 65_535])(
    'a request from server %i, which cannot have sent it, is rejected as a bad message',
    (from) =>
      run(async (peers) => {
        const raft = peers.add(0, { serverCount: 3 });
        for (const call of [
          ask(raft, raftMethods.requestVote, vote(from, 9)),
          ask(raft, raftMethods.appendEntries, { ...append(0, []), leaderId: from }),
          ask(raft, raftMethods.installSnapshot, {
            term: 9,
            leaderId: from,
            lastIncludedIndex: 1,
            lastIncludedTerm: 1,
            data: Uint8Array.of(1),
            sizeBytes: 1,
            offset: 0,
            round: 1,
          }),
        ]) {
          await expect(call).rejects.toThrow(BadMessageError);
        }
        // The term did not change, and the peer still runs.
        expect([raft.getState(), peers.errors]).toEqual([{ term: 0, isLeader: false }, []]);
      }),
  );

  test('bytes that are not a message are rejected, and change nothing', () =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3 });
      const method = raft.service.methods.get('RequestVote');
      const odd = valueCodec('odd', z.unknown());
      for (const tuple of [
        [2 ** 53, 1, 0, 0],
        [1.5, 1, 0, 0],
        [-1, 1, 0, 0],
        [1, 1, 0],
        ['1', 1, 0, 0],
      ]) {
        await expect((async () => method?.dispatch(odd.encode(tuple)))()).rejects.toThrow(CodecError);
      }
      expect([raft.getState().term, peers.errors]).toEqual([0, []]);
    }));

  test('a message that proves a violation of a rule of Raft stops the peer, which calls onError (§5.4)', () =>
    run(async (peers) => {
      const raft = peers.add(0, { serverCount: 3 });
      await ask(raft, raftMethods.appendEntries, append(0, ['a'], 1));
      const other = { ...append(0, []), term: 2, entries: [new CommandEntry(2, codec.encode('b'))] };
      expect(await ask(raft, raftMethods.appendEntries, other)).toBeUndefined();
      expect(peers.errors[0]?.message).toMatch(/a rule of Raft was broken: .* 1 is committed here/);
      check(raft.start('a'), 'stopped');
    }));

  test('stored entries share no memory with the message that contained them', () =>
    run(async (peers) => {
      const batches: WriteBatch[] = [];
      const storage: Storage = {
        load: () => undefined,
        write: (batch) => void batches.push(batch),
        close,
      };
      const raft = peers.add(0, { serverCount: 3, storage });
      const bytes = raftMethods.appendEntries.args.encode(append(0, ['x']));
      await raft.service.methods.get('AppendEntries')?.dispatch(bytes);
      bytes.fill(0);
      const commands = batches[0]?.log?.entries.map(payloadOf) ?? [];
      expect(commands.map((command) => codec.decode(command))).toEqual(['x']);
      expect(commands.map(({ buffer, byteLength }) => buffer.byteLength === byteLength)).toEqual([true]);
    }));

  test('a call that the transport rejects is treated as a failed call', () =>
    run(async (peers) => {
      let callCount = 0;
      const end: ClientEnd = {
        call() {
          callCount += 1;
          return Promise.reject(new Error('unreachable'));
        },
      };
      peers.add(0, { serverCount: 3, ends: [end, end, end] });
      await peers.clock.sleep(3000);
      expect(callCount).toBeGreaterThan(4);
      expect(peers.errors).toEqual([]);
    }));

  test('an observer that calls the peer from inside a step is a bug, and stops the peer', () =>
    run(async (peers) => {
      const raft: LabRaft = peers.add(0, {
        observer: {
          onStep(input) {
            if (input.kind === 'propose') raft.start('again');
          },
        },
      });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(10);
      expect(peers.errors.map(({ message }) => message)).toEqual([
        expect.stringMatching(/start was called by an observer/),
      ]);
    }));
});

// ---- restarts ----

describe('a restart', () => {
  test('keeps term, vote and log (Figure 2, persistent state)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const before = peers.add(0, { serverCount: 3, storage: persister });
      await ask(before, raftMethods.appendEntries, append(0, ['a', 'b']));
      await ask(before, raftMethods.requestVote, vote(1, 7));
      before.kill();

      const after = peers.add(0, { serverCount: 3, storage: persister.copy() });
      expect(after.getState()).toEqual({ term: 7, isLeader: false });
      // The vote of term 7 is still given, and the log ends at the same index.
      expect(await ask(after, raftMethods.requestVote, vote(2, 7))).toEqual({ term: 7, voteGranted: false });
      expect(await ask(after, raftMethods.requestVote, vote(1, 7))).toEqual({ term: 7, voteGranted: true });
      const heartbeat = { ...append(2, [], 2), term: 7 };
      expect(await ask(after, raftMethods.appendEntries, heartbeat)).toEqual({
        term: 7,
        success: true,
        matchIndex: 2,
        round: 1,
      });
      await peers.clock.sleep(0);
      expect(peers.log(0)).toEqual(['1:a', '2:b']);
    }));

  test('of the whole cluster restores every committed command (§5.4)', () =>
    run(async (peers) => {
      const persisters = [0, 1, 2].map(() => new Persister());
      for (const me of [0, 1, 2])
        peers.add(me, { serverCount: 3, storage: persisters[me] ?? new Persister() });
      const leader = await peers.leader();
      for (const command of ['a', 'b']) peers.raft(leader).start(command);
      await peers.clock.sleep(20);
      for (const me of [0, 1, 2]) peers.raft(me).kill();
      for (const me of [0, 1, 2])
        peers.add(me, { serverCount: 3, storage: persisters[me]?.copy() ?? new Persister() });
      peers.raft(await peers.leader()).start('c');
      await peers.clock.sleep(200);
      for (const me of [0, 1, 2]) expect(peers.log(me)).toEqual(['1:a', '2:b', '3:c']);
    }));

  test('from a snapshot applies from the next index on; the service restores itself from the snapshot (§7)', () =>
    run(async (peers) => {
      const persister = new Persister();
      const before = peers.add(0, { storage: persister });
      await peers.leader();
      for (const command of ['a', 'b', 'c']) before.start(command);
      await peers.clock.sleep(1);
      before.snapshot(2, Uint8Array.of(2));
      before.kill();

      const after = peers.add(0, { storage: persister.copy() });
      await peers.leader();
      after.start('d');
      await peers.clock.sleep(1);
      expect(peers.log(0)).toEqual(['3:c', '4:d']);
    }));

  test('a disconnected leader steps down by itself, and its uncommitted command is overwritten (§5.3, §5.4)', () =>
    run(async (peers) => {
      for (const me of [0, 1, 2]) peers.add(me, { serverCount: 3 });
      const old = await peers.leader();
      await peers.clock.sleep(20);
      peers.network.setCut(old, true);
      check(peers.raft(old).start('lost'), [1, peers.raft(old).getState().term]);
      const others = [0, 1, 2].filter((me) => me !== old);
      await peers.clock.sleep(1000);
      expect(peers.raft(old).getState().isLeader).toBe(false);
      peers.raft(await peers.leader(others)).start('kept');
      await peers.clock.sleep(20);
      peers.network.setCut(old, false);
      await peers.clock.sleep(3000);
      for (const me of [0, 1, 2]) expect(peers.log(me)).toEqual(['1:kept']);
    }));
});
