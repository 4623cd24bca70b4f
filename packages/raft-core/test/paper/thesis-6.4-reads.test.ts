// Thesis 6.4: reads without a log entry are linearizable when the leader has committed in its term, and a majority confirms it in a
// round that begins after the read arrived.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { Membership } from '@raftlab/protocol';
import type { Outputs } from '@raftlab/raft-core';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  confirmed,
  confirmLeader,
  DrivenCore,
  granted,
  leaderOf,
  readIndex,
  readIndexReply,
  readsOf,
  replicatingLeaderOf,
  requestVote,
  said,
  type Given,
} from '../driven-core.ts';

/** A leader of term 1 that has committed its first entry; its own entry is durable. */
function committedLeader(given: Given = {}): DrivenCore {
  const driven = replicatingLeaderOf(given);
  driven.propose(1);
  driven.persisted();
  driven.tick();
  for (const server of driven.leader.progress.keys()) driven.receive(server, ack(1, 1));
  driven.tick();
  expect(driven.state.commitIndex).toBe(1);
  return driven;
}

function read(driven: DrivenCore, id: number): Outputs {
  return driven.step({ kind: 'read', id });
}

/** What leaves, and which reads end. */
function check(outputs: Outputs, messages: readonly string[], reads: readonly string[]): void {
  expect([said(outputs), readsOf(outputs)]).toEqual([messages, reads]);
}

test('a read is served at the commit index once a majority has confirmed its round (thesis 6.4)', () => {
  const driven = committedLeader();
  const asked = read(driven, 1);
  check(asked, [], []);
  // At the end of the turn.
  expect(asked.wakeAt).toBe(-Infinity);
  check(driven.tick(), ['1: confirm t1 round 1', '2: confirm t1 round 1'], []);
  check(driven.receive(2, confirmed(1, 1)), [], ['1 at 1']);
});

test('reads of one turn share a round, whatever server they come from (thesis 6.4)', () => {
  const driven = committedLeader();
  read(driven, 1);
  driven.receive(2, readIndex(2, 1, 7));
  read(driven, 2);
  check(driven.tick(), ['1: confirm t1 round 1', '2: confirm t1 round 1'], []);
  check(driven.receive(1, confirmed(1, 1)), ['2 once durable: read 7 t1 at 1'], ['1 at 1', '2 at 1']);
});

test('a reply to an earlier round confirms no read that arrived after that round began (thesis 6.4)', () => {
  const driven = committedLeader();
  read(driven, 1);
  driven.tick();
  read(driven, 2);
  driven.tick();
  check(driven.receive(1, confirmed(1, 1)), [], ['1 at 1']);
  check(driven.receive(2, confirmed(1, 1)), [], []);
  check(driven.receive(2, confirmed(1, 2)), [], ['2 at 1']);
});

test('a read joins no round that is under way, also when it is the same turn that confirms it (thesis 6.4)', () => {
  const driven = committedLeader({ serverCount: 5 });
  read(driven, 1);
  driven.tick();
  driven.receive(1, confirmed(1, 1));
  read(driven, 2);
  check(driven.receive(2, confirmed(1, 1)), [], ['1 at 1']);
  expect(said(driven.tick())).toContain('1: confirm t1 round 2');
});

test('a confirmation that arrives twice counts once (thesis 6.4)', () => {
  const driven = committedLeader({ serverCount: 5 });
  read(driven, 1);
  driven.tick();
  driven.receive(1, confirmed(1, 1));
  check(driven.receive(1, confirmed(1, 1)), [], []);
});

test('a leader serves no read before it has committed an entry of its own term (thesis 6.4)', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1] });
  read(driven, 1);
  check(driven.tick(), [], []);
  driven.propose(9);
  driven.persisted();
  driven.tick();
  expect(readsOf(driven.receive(1, ack(2, 3)))).toEqual([]);
  // Now it knows what earlier leaders have committed: the index is that of its own entry.
  expect(said(driven.tick())).toContain('1: confirm t2 round 1');
  check(driven.receive(1, confirmed(2, 1)), [], ['1 at 3']);
});

test('the index of a read is the commit index when its round begins, not when it ends (thesis 6.4)', () => {
  const driven = committedLeader();
  read(driven, 1);
  driven.tick();
  driven.propose(2);
  driven.persisted();
  driven.tick();
  driven.receive(1, ack(1, 2));
  expect(driven.state.commitIndex).toBe(2);
  check(driven.receive(1, confirmed(1, 1)), [], ['1 at 1']);
});

test('a server alone serves a read at the end of the turn (thesis 6.4)', () => {
  const driven = leaderOf({ serverCount: 1 });
  driven.propose(1);
  driven.persisted();
  read(driven, 1);
  check(driven.tick(), [], ['1 at 1']);
});

test('a round that stays unanswered is sent again a heartbeat later, under the same number (thesis 6.4)', () => {
  const driven = committedLeader();
  read(driven, 1);
  driven.tick();
  const { now } = driven;
  expect(said(driven.tickAt(now + 99))).not.toContain('1: confirm t1 round 1');
  expect(said(driven.tickAt(now + 100))).toContain('1: confirm t1 round 1');
});

test('at most four rounds are open; reads that arrive then share the next one', () => {
  const driven = committedLeader();
  for (let id = 1; id <= 6; id += 1) {
    read(driven, id);
    driven.tick();
  }
  expect(driven.leader.reads.round).toBe(4);
  driven.receive(1, confirmed(1, 1));
  check(driven.tick(), ['1: confirm t1 round 5', '2: confirm t1 round 5'], []);
  check(driven.receive(1, confirmed(1, 5)), [], ['2 at 1', '3 at 1', '4 at 1', '5 at 1', '6 at 1']);
});

test('learners confirm nothing, and are not asked (thesis 4.2.1)', () => {
  const driven = committedLeader({ membership: new Membership([0, 1, 2], [3]) });
  read(driven, 1);
  check(driven.tick(), ['1: confirm t1 round 1', '2: confirm t1 round 1'], []);
  check(driven.receive(3, confirmed(1, 1)), [], []);
});

test('a leader that steps down refuses the reads that wait, of its own and of others (thesis 6.4)', () => {
  const driven = committedLeader();
  read(driven, 1);
  driven.receive(2, readIndex(2, 1, 7));
  driven.tick();
  check(driven.receive(1, confirmed(2, 0)), ['2 once durable: read 7 t2 at 0'], ['1 no-leader']);
});

test('a follower confirms the round of its leader, which it has heard as by a heartbeat (thesis 6.4)', () => {
  const driven = new DrivenCore({ currentTerm: 1 });
  driven.now = 400;
  check(driven.receive(1, confirmLeader(1, 3)), ['1 once durable: confirmed t1 round 3'], []);
  expect([driven.follower.leaderId, driven.follower.electionDeadline]).toEqual([1, 1400]);
});

test('a follower in a later term confirms nothing, and says its term (thesis 6.4)', () => {
  const driven = new DrivenCore({ currentTerm: 2 });
  check(driven.receive(1, confirmLeader(1, 3)), ['1 once durable: confirmed t2 round 0'], []);
});

// ---- reads on other servers ----

/** A follower of server 1 in term 1. */
function follower(): DrivenCore {
  const driven = new DrivenCore({ currentTerm: 1 });
  driven.receive(1, appendEntries({ term: 1 }));
  return driven;
}

test('a follower asks its leader, and reads at the index of the answer (thesis 6.4, the end)', () => {
  const driven = follower();
  check(read(driven, 5), ['1 once durable: ReadIndex t1 read 5'], []);
  check(driven.receive(1, readIndexReply(1, 5, 8)), [], ['5 at 8']);
  // A second copy of the answer is ignored.
  check(driven.receive(1, readIndexReply(1, 5, 9)), [], []);
});

test('a server that knows no leader refuses at once (thesis 6.4)', () => {
  check(read(new DrivenCore({}), 5), [], ['5 no-leader']);
  const candidate = new DrivenCore({});
  candidate.campaign();
  check(read(candidate, 6), [], ['6 no-leader']);
});

test('the answer of another read, of another server, and a refusal are no index (thesis 6.4)', () => {
  const driven = follower();
  read(driven, 5);
  check(driven.receive(1, readIndexReply(1, 4, 8)), [], []);
  check(driven.receive(2, readIndexReply(1, 5, 8)), [], []);
  check(driven.receive(1, readIndexReply(1, 5, 0)), [], ['5 no-leader']);
});

test('a follower that is in another term, or hears another leader, has lost its question (thesis 6.4)', () => {
  const driven = follower();
  read(driven, 5);
  expect(readsOf(driven.receive(2, requestVote(2, 2)))).toEqual(['5 no-leader']);
});

test('a question that stays unanswered for an election timeout is given up', () => {
  const driven = follower();
  read(driven, 5);
  driven.now = 900;
  driven.receive(1, appendEntries({ term: 1 }));
  expect(driven.tick().wakeAt).toBe(1000);
  check(driven.tickAt(1000), [], ['5 unanswered']);
});

test('a server that does not lead refuses the reads of others (thesis 6.4)', () => {
  const driven = follower();
  driven.receive(1, appendEntries({ term: 1, terms: [1], commit: 1 }));
  driven.persisted();
  expect(driven.state.commitIndex).toBe(1);
  check(driven.receive(2, readIndex(2, 1, 7)), ['2 once durable: read 7 t1 at 0'], []);
});

// ---- lease reads ----

/** A leader with leases of 800 ms: 1000 ms of patience, and clocks that may differ by 25 %. */
function leased(): DrivenCore {
  const driven = new DrivenCore({
    config: { preVote: true, leaseReads: { maxClockDriftRatio: 0.25 } },
  });
  driven.tickAt(1000);
  driven.receive(1, { kind: 'preVoteReply', reply: { term: 1, voteGranted: true } });
  driven.persisted();
  driven.receive(1, granted(1));
  driven.tick();
  driven.propose(1);
  driven.persisted();
  for (const from of [1, 2]) driven.receive(from, ack(1, 0));
  driven.tick();
  for (const from of [1, 2]) driven.receive(from, ack(1, 1));
  driven.tick();
  expect(driven.state.commitIndex).toBe(1);
  read(driven, 1);
  driven.tick();
  driven.receive(1, confirmed(1, 1));
  return driven;
}

/** Keeps the leader in office, and its timers up to date, until this time. */
function heartbeatsUntil(driven: DrivenCore, until: number): void {
  while (driven.now < until) {
    driven.tickAt(Math.min(driven.now + 50, until));
    for (const from of [1, 2]) driven.receive(from, ack(1, 1));
  }
}

test('a lease serves reads without a round, from the sending of the confirmed round on, and then ends (thesis 6.4.1)', () => {
  const driven = leased();
  const begin = driven.now;
  heartbeatsUntil(driven, begin + 799);
  read(driven, 2);
  check(driven.tick(), [], ['2 at 1']);
  heartbeatsUntil(driven, begin + 800);
  read(driven, 3);
  check(driven.tick(), ['1: confirm t1 round 2', '2: confirm t1 round 2'], []);
});

test('a read that avoids leases is confirmed by a round, and so are those of its turn (thesis 6.4.1)', () => {
  const driven = leased();
  read(driven, 2);
  driven.step({ kind: 'read', id: 3, avoidsLease: true });
  check(driven.tick(), ['1: confirm t1 round 2', '2: confirm t1 round 2'], []);
  expect(readsOf(driven.receive(1, confirmed(1, 2)))).toEqual(['2 at 1', '3 at 1']);
});

test('a read of another server never relies on the lease of the leader (thesis 6.4.1)', () => {
  const driven = leased();
  driven.receive(2, { kind: 'readIndex', args: { term: 1, readerId: 2, readId: 9 } });
  check(driven.tick(), ['1: confirm t1 round 2', '2: confirm t1 round 2'], []);
});

test('a lease counts from when its round was sent, not from when it was confirmed (thesis 6.4.1)', () => {
  const driven = leased();
  heartbeatsUntil(driven, driven.now + 900);
  read(driven, 2);
  driven.tick();
  const sentAt = driven.now;
  heartbeatsUntil(driven, sentAt + 500);
  driven.receive(1, confirmed(1, 2));
  heartbeatsUntil(driven, sentAt + 800);
  read(driven, 3);
  expect(readsOf(driven.tick())).toEqual([]);
});

test('a process that was held up for longer than the drift allows has lost its lease (thesis 6.4.1)', () => {
  const driven = leased();
  const { wakeAt } = driven.tick();
  driven.now = wakeAt + 201;
  read(driven, 2);
  expect(readsOf(driven.tick())).toEqual([]);
  const steady = leased();
  steady.now = steady.tick().wakeAt + 200;
  read(steady, 2);
  expect(readsOf(steady.tick())).toEqual(['2 at 1']);
});

test('a round that was sent before a stall brings no lease after it (thesis 6.4.1)', () => {
  const driven = leased();
  heartbeatsUntil(driven, driven.now + 800);
  read(driven, 2);
  const { wakeAt } = driven.tick();
  driven.now = wakeAt + 300;
  expect(readsOf(driven.receive(1, confirmed(1, 2)))).toEqual(['2 at 1']);
  read(driven, 3);
  expect(readsOf(driven.tick())).toEqual([]);
});

test('a leader that has begun to hand over has no lease in this term any more (thesis 6.4.1, 3.10)', () => {
  const driven = leased();
  driven.step({ kind: 'transfer', to: 1 });
  read(driven, 2);
  expect(readsOf(driven.tick())).toEqual([]);
  driven.receive(1, confirmed(1, 2));
  heartbeatsUntil(driven, driven.now + 1000);
  expect(driven.leader.transfer).toBeUndefined();
  read(driven, 3);
  driven.tick();
  driven.receive(1, confirmed(1, 3));
  read(driven, 4);
  expect(readsOf(driven.tick())).toEqual([]);
});

test('a server that begins with lease reads keeps its vote for as long as a lease may last (thesis 6.4.1)', () => {
  const driven = new DrivenCore({ config: { preVote: true, leaseReads: { maxClockDriftRatio: 0.25 } } });
  driven.now = 999;
  expect(said(driven.receive(1, requestVote(1, 1)))).toEqual(['1 once durable: vote t0 refused']);
  driven.now = 1000;
  expect(said(driven.receive(1, requestVote(1, 1)))).toEqual(['1 once durable: vote t1 granted']);
});
