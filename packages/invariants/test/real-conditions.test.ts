// Checks the checkers that slow storage, slow services and slow links need: each is fed a history that keeps its property and one
// that violates it.
import { acknowledgedWithItsTerm } from '#src/acknowledged-with-its-term';
import { ClusterWatch } from '#src/cluster-watch';
import { deliveredOnce } from '#src/delivered-once';
import { leaderIsNeverSilent } from '#src/leader-is-never-silent';
import { nothingIsSentInVain } from '#src/nothing-is-sent-in-vain';
import { Membership, type ApplyMsg, type Message } from '@raftlab/protocol';
import { describe, expect, test } from 'vitest';
import {
  entriesOf,
  envelopeOf,
  expectViolation,
  ghostOf,
  stateOf,
  stepOf,
  type StateSketch,
} from './history.ts';

describe('Acknowledged with its term', () => {
  /** Server 1 acknowledges entry 2, which is of term 3 in its log. */
  const acknowledge = (durable: StateSketch): void => {
    const invariant = acknowledgedWithItsTerm();
    const message: Message = {
      kind: 'appendEntriesReply',
      reply: { term: 3, success: true, matchIndex: 2, round: 1 },
    };
    const ghost = ghostOf([{}, durable, {}]);
    const sends = [envelopeOf(0, message)];
    invariant.onStep?.(stepOf({ server: 1, after: { term: 3, log: [1, 3] }, sends }), ghost);
    invariant.onSend?.(1, envelopeOf(0, message), ghost);
  };

  test('an acknowledgement while storage has the entry that was replaced is a violation', () => {
    acknowledge({ term: 3, log: [1, 3] });
    expectViolation(
      () => acknowledge({ term: 3, log: [1, 2] }),
      /entry 2 of term 3; storage has an entry of term 2/,
    );
    expectViolation(() => acknowledge({ term: 3, log: [1] }), /storage has an entry of term none/);
  });

  test('a reply that leaves after a later leader replaced the entry is none', () => {
    acknowledge({ term: 4, log: [1, 4] });
  });
});

describe('Nothing is sent in vain', () => {
  const entries = (prevLogIndex: number, count: number): Message => ({
    kind: 'appendEntries',
    args: {
      term: 1,
      leaderId: 0,
      prevLogIndex,
      prevLogTerm: 1,
      entries: entriesOf(Array.from({ length: count }, () => 1)),
      leaderCommit: 0,
      round: 1,
    },
  });
  const snapshot: Message = {
    kind: 'installSnapshot',
    args: {
      term: 1,
      leaderId: 0,
      lastIncludedIndex: 8,
      lastIncludedTerm: 1,
      sizeBytes: 0,
      offset: 0,
      data: new Uint8Array(0),
      round: 2,
    },
  };
  const send = (...messages: readonly Message[]): void => {
    const invariant = nothingIsSentInVain();
    for (const message of messages) {
      const after: StateSketch = { role: 'leader', term: 1 };
      const sendsAtOnce = [{ ...envelopeOf(1, message), isUrgent: false }];
      invariant.onStep?.(stepOf({ after, sendsAtOnce }), ghostOf([{}, {}, {}]));
    }
  };

  test('entries that are sent again without a report of their loss are a violation', () => {
    send(entries(1, 8), entries(9, 1));
    expectViolation(() => send(entries(1, 8), entries(8, 1)), /sends entry 9 to server 1 again/);
  });

  test('what follows a snapshot is sent again when the entries before it are in the log no more', () => {
    send(entries(1, 8), snapshot, entries(8, 1));
    expectViolation(() => send(entries(1, 8), snapshot, entries(7, 2)), /sends entry 8 to server 1 again/);
  });
});

describe('Delivered once', () => {
  const command = (commandIndex: number, commandTerm = 1): ApplyMsg => ({
    commandValid: true,
    snapshotValid: false,
    command: 'a',
    commandIndex,
    commandTerm,
  });
  const snapshot = (snapshotIndex: number): ApplyMsg => ({
    commandValid: false,
    snapshotValid: true,
    snapshot: new Uint8Array(0),
    snapshotIndex,
    snapshotTerm: 1,
  });
  const deliver = (...messages: readonly ApplyMsg[]): void => {
    const invariant = deliveredOnce();
    const ghost = ghostOf([{}, {}, {}], [1, 1, 1, 1]);
    invariant.onStart?.(0, stateOf({ term: 1 }), ghost);
    for (const message of messages) invariant.onDeliver?.(0, message, ghost);
  };

  test('an index that is handed over twice, or left out, is a violation; a snapshot may leave out some', () => {
    deliver(command(1), command(2), snapshot(3), command(4));
    expectViolation(() => deliver(command(1), command(1)), /handed 1 after 1/);
    expectViolation(() => deliver(command(1), command(3)), /handed 3 after 1/);
    expectViolation(() => deliver(command(1), command(2), snapshot(2)), /handed 2 after 2/);
  });

  test('a command that is not chosen, or of another term than the chosen one, is a violation', () => {
    expectViolation(() => deliver(snapshot(4), command(5)), /handed 5; only 4 entries are chosen/);
    expectViolation(() => deliver(command(1, 2)), /handed 1 of term 2, where term 1 was chosen/);
  });
});

describe('A leader is never silent', () => {
  const heartbeat: Message = {
    kind: 'appendEntries',
    args: { term: 1, leaderId: 0, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0, round: 1 },
  };
  /** Server 0 is elected at 0 ms, sends to each follower at these times, and takes a step at 200 ms. */
  const lead = (sentAt: Readonly<Record<number, number>>, isStillLeader = true): void => {
    let now = 0;
    const options = { heartbeatIntervalMs: 100, slackMs: 5, activeMs: () => now };
    const invariant = leaderIsNeverSilent(options);
    const ghost = ghostOf([{}, {}, {}]);
    invariant.onStep?.(stepOf({ after: { role: 'leader' }, becomesLeader: true }), ghost);
    for (const [follower, at] of Object.entries(sentAt)) {
      now = at;
      invariant.onSend?.(0, envelopeOf(Number(follower), heartbeat), ghost);
    }
    now = 200;
    invariant.onStep?.(stepOf({ after: { role: isStillLeader ? 'leader' : 'follower' } }), ghost);
  };

  test('a follower that is sent nothing for longer than a heartbeat interval is a violation', () => {
    lead({ 1: 95, 2: 100 });
    expectViolation(() => lead({ 1: 100, 2: 94 }), /server 2 nothing for 106 ms/);
    expectViolation(() => lead({ 1: 100 }), /server 2 nothing for 200 ms/);
  });

  test('a server that leads no more owes no heartbeat', () => {
    lead({}, false);
  });
});

describe('a server whose storage is wiped', () => {
  const watchOf = (): { watch: ClusterWatch; found: string[] } => {
    const found: string[] = [];
    const watch = new ClusterWatch(Membership.ofSize(3), ({ message }) => void found.push(message));
    return { watch, found };
  };
  const run = (watch: ClusterWatch, server: number, sketch: StateSketch): void => {
    const { term = 1, log = [] } = sketch;
    const state = stateOf({ ...sketch, term, log });
    const observer = watch.observe(server, {
      load: () => ({
        hardState: { currentTerm: term, votedFor: null },
        snapshot: undefined,
        entries: state.log.slice(1, state.log.lastIndex),
      }),
    });
    observer.onBegin?.(state);
  };

  test('is spare when every other voter has its term and its entries, and is no candidate in that term', () => {
    const { watch } = watchOf();
    run(watch, 0, { term: 2, log: [1, 2] });
    run(watch, 1, { term: 2, log: [1, 2, 2] });
    run(watch, 2, { term: 2, log: [1, 2] });
    expect(watch.isSpare(0)).toBe(true);
    expect(watch.isSpare(1)).toBe(false);
    run(watch, 1, { term: 2, log: [1, 2], role: 'candidate' });
    expect(watch.isSpare(0)).toBe(false);
    run(watch, 1, { term: 1, log: [1, 1] });
    expect(watch.isSpare(0)).toBe(false);
  });

  test('may start in an earlier term than was durable there; another server may not', () => {
    const { watch, found } = watchOf();
    const restart = (server: number): void => {
      const observer = watch.observe(server, { load: () => undefined });
      observer.onBegin?.(stateOf({ term: 0 }));
      observer.onDurable({ hardState: { currentTerm: 5, votedFor: null } });
      watch.onCrash(server);
    };
    for (const server of [0, 1]) restart(server);
    watch.onWiped(0);
    run(watch, 0, { term: 0 });
    expect(found).toEqual([]);
    run(watch, 1, { term: 0 });
    expect(found[0]).toMatch(/server 1 starts in term 0; term 5 was durable/);
  });
});
