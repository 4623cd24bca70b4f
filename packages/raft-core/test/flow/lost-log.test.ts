// A follower that returns with an empty or an older disk has lost what it acknowledged. Raft does not tolerate that (Figure 2,
// persistent state), so the leader reports it, stops counting that server and sends it nothing but heartbeats.
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  DrivenCore,
  partAck,
  refusal,
  replicatingLeaderOf,
  said,
} from '../driven-core.ts';

/** A leader of term 2 with the log 1 1 1 2, which both followers have acknowledged. */
function acknowledged(): DrivenCore {
  const driven = replicatingLeaderOf({ terms: [1, 1, 1] });
  driven.propose(1);
  driven.persisted();
  driven.tick();
  for (const from of [1, 2]) driven.receive(from, ack(2, 4));
  driven.tick();
  return driven;
}

/** The same leader, after server 1 refused a heartbeat that left when it had acknowledged everything. */
function lost(): DrivenCore {
  const driven = acknowledged();
  driven.tickAt(driven.now + 100);
  driven.receive(1, refusal(2, 4, [0, 1]));
  driven.receive(2, ack(2, 4));
  return driven;
}

test('a refusal of what the follower acknowledged before the request left shows that it lost its log, and is reported once', () => {
  const driven = acknowledged();
  driven.tickAt(driven.now + 100);
  const { lostLog } = driven.receive(1, refusal(2, 4, [0, 1]));
  expect(lostLog).toEqual({ server: 1, acknowledgedIndex: 4, lastIndex: 0 });
  expect(driven.progress(1).mode).toBe('lost-log');
  expect(driven.receive(1, refusal(2, 4, [0, 1])).lostLog).toBeUndefined();
});

test('a refusal of a request that left before the acknowledgement came shows nothing: one overtook the other', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  driven.tick();
  driven.tickAt(driven.now + 100);
  const { ticket } = driven.progress(1);
  driven.receive(1, ack(2, 2));
  // The request may have reached the follower before the entry did.
  expect(driven.receive(1, refusal(2, 2, [0, 2], ticket)).lostLog).toBeUndefined();
  expect(driven.progress(1)).toMatchObject({ mode: 'replicate', matchIndex: 2 });
});

test('a follower that lost its log gets heartbeats only, one in each interval', () => {
  const driven = lost();
  const sent: string[] = [];
  driven.propose(1, 2, 3);
  for (const end = driven.now + 500; driven.now < end; driven.now += 1) {
    sent.push(...said(driven.tick()).filter((line) => line.startsWith('1: ')));
    driven.receive(1, refusal(2, 4, [0, 1]));
    driven.receive(2, ack(2, 4));
  }
  expect(new Set(sent)).toEqual(new Set(['1: AppendEntries t2 after 4/2 [] commit 4']));
  expect(sent.length).toBeLessThanOrEqual(5);
});

test('a follower that lost its log does not count for a commit', () => {
  const driven = acknowledged();
  driven.propose(1);
  driven.tick();
  // It is on one of three servers, because the leader's own write is not durable yet.
  driven.receive(1, ack(2, 5));
  driven.tickAt(driven.now + 100);
  driven.receive(1, refusal(2, 5, [0, 1]));
  driven.persisted();
  expect(driven.state.commitIndex).toBe(4);
  driven.receive(2, ack(2, 5));
  expect(driven.state.commitIndex).toBe(5);
});

test('the answers of a follower that lost its log keep no leader in office (thesis 6.2)', () => {
  const driven = lost();
  driven.tick();
  for (const end = driven.now + 1100; driven.now < end; driven.now += 50) {
    driven.tick();
    if (driven.state.standing.role === 'leader') driven.receive(1, refusal(2, 4, [0, 1]));
  }
  expect(driven.state.standing.role).toBe('follower');
});

test('a follower that acknowledges everything again has its own disk back, and is fed and counted as before', () => {
  const driven = lost();
  driven.propose(1);
  driven.persisted();
  // An acknowledgement from before the loss proves nothing.
  driven.receive(1, ack(2, 4, driven.progress(1).courseRound));
  expect(driven.progress(1).mode).toBe('lost-log');
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 4));
  expect(said(driven.tick())).toContain('1: AppendEntries t2 after 4/2 [2] commit 4');
});

test('parts of a snapshot that a lost server reports late change nothing', () => {
  const driven = lost();
  driven.receive(1, partAck(2, { index: 3, offset: 1 }));
  expect(driven.progress(1)).toMatchObject({ mode: 'lost-log', transfer: undefined });
});

test('a new leader knows nothing of what a server acknowledged to another one, and feeds it', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  expect(driven.receive(2, refusal(2, 1, [0, 1], 1)).lostLog).toBeUndefined();
});

test('a follower refuses a commit index beyond its log, and goes on (etcd-io/etcd#16220)', () => {
  const driven = new DrivenCore({ terms: [1] });
  const outputs = driven.receive(1, appendEntries({ term: 2, after: [20, 2], commit: 20, round: 7 }));
  expect(said(outputs)).toEqual(['1 once durable: refusal t2 of 20, conflict t0 from 2']);
  driven.receive(1, appendEntries({ term: 2, commit: 20 }));
  expect([driven.state.commitIndex, driven.state.standing.role]).toEqual([0, 'follower']);
});

test('a reply repeats the round of its request, and 0 when the request is of an earlier term', () => {
  const driven = new DrivenCore({ terms: [1], currentTerm: 3 });
  const roundOf = (term: number, after: readonly [number, number]): unknown => {
    const [envelope] = driven.receive(1, appendEntries({ term, after, round: 7 })).sendAfterPersist;
    return envelope?.message.kind === 'appendEntriesReply' ? envelope.message.reply.round : 'no reply';
  };
  expect([roundOf(3, [1, 1]), roundOf(3, [9, 3]), roundOf(2, [1, 1])]).toEqual([7, 7, 0]);
});
