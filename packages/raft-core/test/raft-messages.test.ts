// The peer and its transport: the messages that it accepts and sends, and why it stops.
import type { Storage, StoredState } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import { valueCodec } from '@raftlab/rpc';
import { Membership, type Message, type ServerId, CommandEntry } from '@raftlab/protocol';
import {
  BadMessageError,
  type Envelope,
  type PeerStoppedError,
  Raft,
  type RaftOptions,
  type Transport,
} from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const membership = Membership.ofSize(3);
/** For a storage that has nothing to release. */
const close = (): Promise<void> => Promise.resolve();
const commandCodec = valueCodec('command', z.unknown());

/** Records the messages that are sent. */
class Outbox implements Transport {
  readonly sent: Envelope[] = [];
  closeCount = 0;

  send(envelope: Envelope): void {
    this.sent.push(envelope);
  }

  close(): void {
    this.closeCount += 1;
  }
}

const errors: PeerStoppedError[] = [];

/** Server 0 of 3. */
function peer(
  clock: VirtualClock,
  options: Partial<RaftOptions<unknown>> = {},
): { raft: Raft; outbox: Outbox } {
  const outbox = new Outbox();
  errors.length = 0;
  const raft = new Raft({
    me: 0,
    membership,
    storage: new Persister(),
    transport: outbox,
    applyCh: () => undefined,
    clock,
    random: Random.fromSeed(`raft-messages ${options.me ?? 0}`),
    commandCodec,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { raft, outbox };
}

function inVirtualTime(main: (clock: VirtualClock) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  return clock.run(() => main(clock));
}

const vote = (candidateId: number, term: number): Message => ({
  kind: 'requestVote',
  args: { term, candidateId, lastLogIndex: 9, lastLogTerm: term - 1 },
});
const append = (
  term: number,
  prevLogIndex: number,
  entries: readonly string[],
  leaderCommit = 0,
): Message => ({
  kind: 'appendEntries',
  args: {
    term,
    leaderId: 1,
    prevLogIndex,
    prevLogTerm: prevLogIndex === 0 ? 0 : term,
    leaderCommit,
    round: 1,
    entries: entries.map((text) => new CommandEntry(term, commandCodec.encode(text))),
  },
});

describe('over a transport that only sends', () => {
  test('three peers elect a leader and agree on its commands', () =>
    inVirtualTime(async (clock) => {
      const applied: unknown[][] = [[], [], []];
      const rafts: Raft[] = [];
      for (const me of membership.members) {
        const transport: Transport = {
          send: ({ to, message }) => void clock.setTimer(1, () => rafts[to]?.receive(me, message)),
          close: () => undefined,
        };
        const applyCh: RaftOptions<unknown>['applyCh'] = (message) =>
          void applied[me]?.push(message.commandValid ? message.command : 'snapshot');
        rafts.push(peer(clock, { me, transport, applyCh }).raft);
      }
      await clock.sleep(2000);
      const leader = rafts.find((raft) => raft.getState().isLeader);
      leader?.start('a');
      leader?.start('b');
      await clock.sleep(10);
      expect(applied).toEqual([
        ['a', 'b'],
        ['a', 'b'],
        ['a', 'b'],
      ]);
      for (const raft of rafts) raft.kill();
    }));

  test('servers with any ids elect a leader, and a learner receives what the voters receive (thesis 4.2.1)', () =>
    inVirtualTime(async (clock) => {
      const members = new Membership([700, 3, 7], [12]);
      const applied = new Map<ServerId, unknown[]>();
      const votes: ServerId[] = [];
      const rafts = new Map<ServerId, Raft>();
      for (const me of members.members) {
        const transport: Transport = {
          send({ to, message }) {
            if (message.kind === 'requestVote' || message.kind === 'requestVoteReply') votes.push(me, to);
            clock.setTimer(1, () => rafts.get(to)?.receive(me, message));
          },
          close: () => undefined,
        };
        const commands: unknown[] = [];
        applied.set(me, commands);
        const applyCh: RaftOptions<unknown>['applyCh'] = (message) =>
          void commands.push(message.commandValid ? message.command : 'snapshot');
        rafts.set(me, peer(clock, { me, membership: members, transport, applyCh }).raft);
      }
      await clock.sleep(2000);
      const leader = [...rafts.values()].find((raft) => raft.getState().isLeader);
      leader?.start('a');
      await clock.sleep(10);
      expect([...applied]).toEqual(members.members.map((server) => [server, ['a']]));
      expect(votes).not.toContain(12);
      for (const raft of rafts.values()) raft.kill();
    }));

  test('a reported loss is retried long before the next heartbeat', () =>
    inVirtualTime(async (clock) => {
      const { raft, outbox } = peer(clock);
      await clock.sleep(550);
      raft.receive(1, { kind: 'requestVoteReply', reply: { term: 1, voteGranted: true } });
      await clock.sleep(1);
      const heartbeats = (): typeof outbox.sent =>
        outbox.sent.filter(({ to, message }) => to === 2 && message.kind === 'appendEntries');
      const [first] = heartbeats();
      expect(heartbeats()).toHaveLength(1);
      raft.unreachable(2, first?.ticket ?? 0);
      await clock.sleep(20);
      expect(heartbeats()).toHaveLength(2);
      raft.kill();
    }));

  test('nothing is sent after kill, incoming messages are ignored, and the transport is closed once', () =>
    inVirtualTime(async (clock) => {
      const { raft, outbox } = peer(clock);
      raft.receive(1, vote(1, 1));
      raft.kill();
      raft.kill();
      raft.receive(2, vote(2, 7));
      raft.unreachable(1, 1);
      await clock.sleep(3000);
      expect([outbox.sent.length, outbox.closeCount, raft.getState().term]).toEqual([1, 1, 1]);
    }));
});

describe('a message', () => {
  test.each<[what: string, from: number, message: Message, words: string]>([
    ['from the peer itself', 0, vote(0, 9), 'requestVote from server 0 to server 0, whose cluster'],
    [
      'from a server that is not a member',
      3,
      vote(3, 9),
      'server 3 to server 0, whose cluster has the voters 0, 1, 2;',
    ],
    ['from no server', 1.5, vote(1.5, 9), 'from server 1.5'],
    [
      'with the id of another server as its sender',
      2,
      vote(1, 9),
      'from server 2, which says that it is from 1, to',
    ],
    [
      'of a leader, from another server',
      2,
      append(9, 0, []),
      'appendEntries from server 2, which says that it is from 1',
    ],
  ])('%s is rejected, and changes nothing', (_what, from, message, words) =>
    inVirtualTime(async (clock) => {
      const { raft, outbox } = peer(clock);
      expect(() => raft.receive(from, message)).toThrow(BadMessageError);
      expect(() => raft.receive(from, message)).toThrow(words);
      expect([raft.getState().term, outbox.sent, errors]).toEqual([0, [], []]);
      raft.kill();
    }),
  );

  test('that arrives while storage loads is answered afterwards, in order; the 1,025th is dropped', () =>
    inVirtualTime(async (clock) => {
      const storage: Storage = {
        load: () => clock.sleep(50).then(() => undefined),
        write: () => undefined,
        close,
      };
      const { raft, outbox } = peer(clock, { storage });
      for (let term = 1; term <= 1025; term += 1) raft.receive(1, vote(1, term));
      await clock.sleep(51);
      const terms = outbox.sent.map(({ message }) => 'reply' in message && message.reply.term);
      expect(terms).toEqual(Array.from({ length: 1024 }, (_, offset) => offset + 1));
      raft.kill();
    }));
});

describe('why a peer stopped', () => {
  const refuses = (): never => {
    throw new Error('on purpose');
  };
  const rejects = (): Promise<never> => Promise.reject(new Error('on purpose'));
  const noState = (): StoredState | undefined => undefined;

  test.each<[kind: PeerStoppedError['kind'], options: Partial<RaftOptions<unknown>>]>([
    ['load', { storage: { load: rejects, write: () => undefined, close } }],
    ['storage', { storage: { load: noState, write: rejects, close } }],
    ['storage', { storage: { load: noState, write: refuses, close } }],
    ['transport', { transport: { send: refuses, close: () => undefined } }],
    ['service', { applyCh: refuses }],
    ['rule', { observer: { onStep: refuses } }],
    ['rule', { observer: { onSend: refuses } }],
  ])('is the kind of its error: %s', (kind, options) =>
    inVirtualTime(async (clock) => {
      const { raft } = peer(clock, options);
      await clock.sleep(1);
      raft.receive(1, append(1, 0, ['a'], 1));
      await clock.sleep(10);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ server: 0, kind, message: expect.stringMatching(/on purpose$/) });
      expect(raft.start('b')).toMatchObject({ isLeader: false, reason: 'stopped' });
    }),
  );

  test('is `rule` if an observer fails while a message is sent that waited for storage', () =>
    inVirtualTime(async (clock) => {
      const storage: Storage = { load: noState, write: () => clock.sleep(5), close };
      const { raft } = peer(clock, { storage, observer: { onSend: refuses } });
      raft.receive(1, vote(1, 1));
      await clock.sleep(10);
      expect(errors.map(({ kind }) => kind)).toEqual(['rule']);
    }));
});
