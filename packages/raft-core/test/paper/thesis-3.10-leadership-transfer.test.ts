// Thesis 3.10: a leader stops taking proposals, brings one server up to date, and asks it to begin an election at once.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { Membership } from '@raftlab/protocol';
import { AssertionError, type Outputs } from '@raftlab/raft-core';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  DrivenCore,
  granted,
  persists,
  replicatingLeaderOf,
  said,
  timeoutNow,
  transferVote,
} from '../driven-core.ts';

function transfer(driven: DrivenCore, to?: number): Outputs {
  return driven.step({ kind: 'transfer', to });
}

/** What leaves, and how the transfer ends. */
function check(outputs: Outputs, messages: readonly string[], end?: Outputs['transferEnded']): void {
  expect([said(outputs), outputs.transferEnded]).toEqual([messages, end]);
}

test('a target that is up to date is asked at the end of the turn (thesis 3.10)', () => {
  const driven = replicatingLeaderOf({});
  const outputs = transfer(driven, 2);
  check(outputs, []);
  expect(outputs.wakeAt).toBe(-Infinity);
  check(driven.tick(), ['2: TimeoutNow t1']);
});

test('a target that lags is brought up to date first (thesis 3.10)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1, 2);
  driven.persisted();
  transfer(driven, 2);
  expect(said(driven.tick())).not.toContain('2: TimeoutNow t1');
  driven.receive(2, ack(1, 1));
  expect(said(driven.tick())).not.toContain('2: TimeoutNow t1');
  driven.receive(2, ack(1, 2));
  expect(said(driven.tick())).toContain('2: TimeoutNow t1');
});

test('without a name the voter with the longest log is chosen, and among equals the one that was heard last', () => {
  const membership = new Membership([0, 1, 2, 3], [4]);
  const driven = replicatingLeaderOf({ membership });
  driven.propose(1);
  driven.tick();
  driven.receive(4, ack(1, 1));
  driven.receive(3, ack(1, 1));
  transfer(driven);
  expect(driven.leader.transfer?.to).toBe(3);
  const equal = replicatingLeaderOf({ membership });
  equal.now += 1;
  equal.receive(2, ack(1, 0));
  transfer(equal);
  expect(equal.leader.transfer?.to).toBe(2);
});

test('a learner and the leader itself are no targets (thesis 4.2.1)', () => {
  const membership = new Membership([0, 1, 2], [3]);
  expect(() => transfer(replicatingLeaderOf({ membership }), 3)).toThrow(AssertionError);
  expect(() => transfer(replicatingLeaderOf({}), 0)).toThrow(AssertionError);
  const alone = new DrivenCore({ serverCount: 1 });
  alone.campaign();
  check(transfer(alone), [], 'no-target');
});

test('a server that does not lead hands nothing over', () => {
  check(transfer(new DrivenCore({})), [], 'not-leader');
});

test('a leader that hands over takes no proposals (thesis 3.10)', () => {
  const driven = replicatingLeaderOf({});
  transfer(driven, 2);
  expect(() => driven.propose(1)).toThrow(AssertionError);
});

test('the target is asked again a heartbeat later, and given up after an election timeout (thesis 3.10)', () => {
  const driven = replicatingLeaderOf({});
  transfer(driven, 2);
  driven.tick();
  const begun = driven.now;
  const heartbeat = (at: number): Outputs => {
    driven.now = at;
    for (const from of [1, 2]) driven.receive(from, ack(1, 0));
    return driven.tick();
  };
  expect(said(heartbeat(begun + 99))).not.toContain('2: TimeoutNow t1');
  expect(said(heartbeat(begun + 100))).toContain('2: TimeoutNow t1');
  expect(heartbeat(begun + 999).transferEnded).toBeUndefined();
  expect(heartbeat(begun + 1000).transferEnded).toBe('gave-up');
  driven.propose(1);
  expect(driven.summary).toBe('leader t1 voted 0: 1 | commit 0');
});

test('a leader that follows a later term has handed over (thesis 3.10)', () => {
  const driven = replicatingLeaderOf({});
  transfer(driven, 2);
  driven.tick();
  check(driven.receive(2, transferVote(2, 2)), ['2 once durable: vote t2 granted'], 'stepped-down');
});

test('a server that is asked begins an election at once, without pre-votes and with the flag (thesis 3.10)', () => {
  const driven = new DrivenCore({ currentTerm: 1, config: { preVote: true } });
  driven.receive(1, appendEntries({ term: 1 }));
  const outputs = driven.receive(1, timeoutNow(1));
  expect(said(outputs)).toEqual([
    '1 once durable: RequestVote t2 last 0/0 transfer',
    '2 once durable: RequestVote t2 last 0/0 transfer',
    '1 once durable: taken over t2',
  ]);
  expect([persists(outputs), driven.summary]).toEqual(['t2 vote 0', 'candidate t2 voted 0:  | commit 0']);
  driven.persisted();
  driven.receive(2, granted(2));
  expect(driven.state.standing.role).toBe('leader');
});

test('a TimeoutNow of an earlier term is ignored (§5.1)', () => {
  const driven = new DrivenCore({ currentTerm: 3 });
  check(driven.receive(1, timeoutNow(2)), ['1 once durable: taken over t3']);
  expect(driven.summary).toBe('follower t3 voted -:  | commit 0');
});

test('a TimeoutNow that arrives twice begins one election (§5.1)', () => {
  const driven = new DrivenCore({ currentTerm: 1 });
  driven.receive(1, timeoutNow(1));
  driven.receive(1, timeoutNow(1));
  expect(driven.summary).toBe('candidate t2 voted 0:  | commit 0');
});

test('a learner that is asked stays a follower (thesis 4.2.1)', () => {
  const driven = new DrivenCore({ me: 3, membership: new Membership([0, 1, 2], [3]), currentTerm: 1 });
  check(driven.receive(1, timeoutNow(1)), ['1 once durable: taken over t1']);
});
