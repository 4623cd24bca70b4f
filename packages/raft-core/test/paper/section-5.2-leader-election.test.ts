// §5.2: who becomes leader, who votes for whom, and what resets the election timer.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { Membership, type Message } from '@raftlab/protocol';
import { AssertionError, type Input } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import { completeConfig } from '#src/core/config';
import { drawElectionDeadline } from '#src/core/election';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  describe as describeMessage,
  DrivenCore,
  granted,
  installSnapshot,
  leaderOf,
  notGranted,
  persists,
  replicatingLeaderOf,
  requestVote,
  said,
} from '../driven-core.ts';

/** The replies of the server to a message from `from`, and the batch that it persists. */
function check(
  driven: DrivenCore,
  [from, message]: readonly [number, Message],
  expected: readonly [said: string, persists: string],
): void {
  const outputs = driven.receive(from, message);
  expect([said(outputs).join('; '), persists(outputs)], describeMessage(message)).toEqual(expected);
}

test('a server starts as a follower with the stored state, and waits an election timeout (§5.2)', () => {
  const driven = new DrivenCore({ terms: [1, 2], votedFor: 1 });
  expect(driven.summary).toBe('follower t2 voted 1: 1 2 | commit 0');
  expect(driven.core.wakeAt).toBe(1000);
});

test('no election starts before the timeout (§5.2)', () => {
  const driven = new DrivenCore({});
  const outputs = driven.tickAt(999);
  expect(driven.summary).toBe('follower t0 voted -:  | commit 0');
  expect([said(outputs), outputs.wakeAt]).toEqual([[], 1000]);
});

test('a follower that hears no leader for the timeout starts an election: new term, own vote, timer, vote requests (Figure 2, Candidates 1)', () => {
  const driven = new DrivenCore({ terms: [1, 2], me: 1 });
  const outputs = driven.tickAt(1000);
  expect(driven.summary).toBe('candidate t3 voted 1: 1 2 | commit 0');
  expect(persists(outputs)).toBe('t3 vote 1');
  expect(outputs.roleChange).toEqual({ role: 'candidate', term: 3 });
  expect(outputs.wakeAt).toBe(2000);
  // The requests wait until its own vote is durable: a server that lost it could vote for another candidate.
  expect(said(outputs)).toEqual([
    '0 once durable: RequestVote t3 last 2/2',
    '2 once durable: RequestVote t3 last 2/2',
  ]);
});

test('a candidate whose election times out starts another in the next term (Figure 2, Candidates 4)', () => {
  const driven = new DrivenCore({ serverCount: 5 });
  driven.campaign();
  driven.receive(1, granted(1));
  driven.campaign();
  expect(driven.state.currentTerm).toBe(2);
  // The vote of the previous election does not count in this one.
  expect([...driven.candidate.votes]).toEqual([0]);
});

test.each([
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [7, 3],
])(
  'of %i servers a candidate wins with %i votes of others, and not with fewer (Figure 2, Candidates 2)',
  (serverCount, needed) => {
    const driven = new DrivenCore({ serverCount });
    driven.tickAt(1000);
    expect(driven.state.standing.role).toBe('candidate');
    driven.persisted();
    for (let from = 1; from <= needed; from += 1) {
      expect(driven.state.standing.role, `after ${from - 1} votes`).toBe('candidate');
      driven.receive(from, granted(1));
    }
    expect(driven.state.standing.role).toBe('leader');
  },
);

test("a candidate's vote for itself counts only once it is durable (thesis 10.2.1)", () => {
  const driven = new DrivenCore({});
  driven.tickAt(1000);
  driven.receive(1, granted(1));
  expect(driven.summary).toMatch(/^candidate/);
  // A durable point of an earlier term is not this vote.
  driven.step({ kind: 'persisted', currentTerm: 0, lastLogIndex: 0, lastLogTerm: 0 });
  expect(driven.summary).toMatch(/^candidate/);
  driven.persisted();
  expect(driven.summary).toMatch(/^leader t1/);
});

test('a cluster of one elects its server as soon as its vote is durable, without messages (§5.2)', () => {
  const driven = new DrivenCore({ serverCount: 1 });
  const outputs = driven.tickAt(1000);
  expect([said(outputs), driven.state.standing.role]).toEqual([[], 'candidate']);
  expect(driven.persisted().roleChange).toEqual({ role: 'leader', term: 1 });
});

test('a duplicated vote counts once (§5.2)', () => {
  const driven = new DrivenCore({ serverCount: 5 });
  driven.campaign();
  for (let times = 0; times < 3; times += 1) driven.receive(1, granted(1));
  expect(driven.summary).toMatch(/^candidate/);
});

test('neither refusals nor votes of another term count (§5.2)', () => {
  const driven = new DrivenCore({ currentTerm: 4 });
  driven.campaign();
  driven.receive(1, notGranted(5));
  driven.receive(2, notGranted(5));
  driven.receive(1, granted(4));
  driven.receive(2, granted(3));
  expect([...driven.candidate.votes]).toEqual([0]);
});

test('a vote reply with a higher term makes the candidate a follower, and is never a vote (§5.1)', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  driven.receive(1, granted(2));
  expect(driven.summary).toBe('follower t2 voted -:  | commit 0');
});

test('a late vote changes nothing for a leader or a follower (§5.2)', () => {
  const leader = leaderOf({});
  check(leader, [2, granted(1)], ['', 'nothing']);
  expect(leader.state.standing.role).toBe('leader');
  const follower = new DrivenCore({ currentTerm: 1, votedFor: 0 });
  check(follower, [1, granted(1)], ['', 'nothing']);
  expect(follower.state.standing.role).toBe('follower');
});

test('a server votes for at most one candidate per term, first-come-first-served (§5.2)', () => {
  const driven = new DrivenCore({});
  check(driven, [1, requestVote(1, 1)], ['1 once durable: vote t1 granted', 't1 vote 1']);
  check(driven, [2, requestVote(2, 1)], ['2 once durable: vote t1 refused', 'nothing']);
  // In the next term it may vote again.
  check(driven, [2, requestVote(2, 2)], ['2 once durable: vote t2 granted', 't2 vote 2']);
});

test('the candidate that has the vote receives the same reply again (Figure 2, RequestVote 2)', () => {
  const driven = new DrivenCore({});
  check(driven, [1, requestVote(1, 1)], ['1 once durable: vote t1 granted', 't1 vote 1']);
  check(driven, [1, requestVote(1, 1)], ['1 once durable: vote t1 granted', 'nothing']);
});

test('a vote within a known term persists only the vote (Figure 2, persistent state)', () => {
  check(
    new DrivenCore({ currentTerm: 3 }),
    [2, requestVote(2, 3)],
    ['2 once durable: vote t3 granted', 't3 vote 2'],
  );
});

test('a vote from before a restart still counts (§5.2)', () => {
  const driven = new DrivenCore({ currentTerm: 3, votedFor: 1 });
  check(driven, [2, requestVote(2, 3)], ['2 once durable: vote t3 refused', 'nothing']);
});

test('candidates and leaders have voted for themselves: they refuse other candidates of their term (§5.2)', () => {
  const candidate = new DrivenCore({});
  candidate.campaign();
  check(candidate, [1, requestVote(1, 1, [5, 1])], ['1 once durable: vote t1 refused', 'nothing']);
  check(leaderOf({}), [1, requestVote(1, 1, [5, 1])], ['1 once durable: vote t1 refused', 'nothing']);
});

test('a candidate that hears the leader of its term follows it and keeps its vote (Figure 2, Candidates 3)', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  check(driven, [1, appendEntries({ term: 1 })], ['1 once durable: ack t1 match 0', 'nothing']);
  expect(driven.summary).toBe('follower t1 voted 0:  | commit 0');
  expect(driven.follower.leaderId).toBe(1);
  check(driven, [2, requestVote(2, 1, [5, 1])], ['2 once durable: vote t1 refused', 'nothing']);
});

test('a candidate that receives a snapshot from the leader of its term follows it and keeps its vote (§5.2, §7)', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  driven.receive(1, installSnapshot(1, [3, 1]));
  expect(driven.summary).toBe('follower t1 voted 0: [3/1] | commit 3');
});

test('a leader that hears no majority for an election timeout steps down and keeps its vote (thesis 6.2)', () => {
  const driven = replicatingLeaderOf({ serverCount: 5 });
  driven.now += 600;
  driven.tick();
  driven.receive(1, ack(1, 0));
  driven.now += 400;
  expect(driven.tick().roleChange).toEqual({ role: 'follower', term: 1 });
  expect(driven.summary).toBe('follower t1 voted 0:  | commit 0');
  check(driven, [2, requestVote(2, 1, [5, 1])], ['2 once durable: vote t1 refused', 'nothing']);
  // It is a follower like any other: it starts an election a timeout later.
  expect(driven.follower.electionDeadline).toBe(driven.now + 1000);
});

test('a leader that hears a majority keeps leading, regardless of the minority (thesis 6.2)', () => {
  const driven = replicatingLeaderOf({ serverCount: 5 });
  for (let beat = 0; beat < 30; beat += 1) {
    driven.now += 100;
    driven.tick();
    for (const from of [1, 2]) driven.receive(from, ack(1, 0));
  }
  expect(driven.summary).toMatch(/^leader t1/);
});

test('a leader that was stalled for longer than an election timeout steps down before it sends (thesis 6.2)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1);
  driven.now += 5000;
  expect([said(driven.tick()), driven.state.standing.role]).toEqual([[], 'follower']);
});

test('the leader of a cluster of one does not step down (§5.2)', () => {
  const driven = leaderOf({ serverCount: 1 });
  driven.now += 60_000;
  driven.tick();
  expect(driven.summary).toMatch(/^leader t1/);
});

test('a new leader sends heartbeats to all followers at once, before any entry (Figure 2, Leaders 1)', () => {
  const driven = new DrivenCore({ terms: [1, 2] });
  driven.campaign();
  expect(driven.receive(1, granted(3)).wakeAt).toBeLessThanOrEqual(driven.now);
  const outputs = driven.tick();
  expect(said(outputs)).toEqual([
    '1: AppendEntries t3 after 2/2 [] commit 0',
    '2: AppendEntries t3 after 2/2 [] commit 0',
  ]);
  expect(outputs.wakeAt).toBe(driven.now + 100);
});

test('an idle leader repeats its heartbeat at the interval (Figure 2, Leaders 1)', () => {
  const driven = replicatingLeaderOf({});
  const { now } = driven;
  expect(said(driven.tickAt(now + 99))).toEqual([]);
  expect(said(driven.tickAt(now + 100))).toEqual([
    '1: AppendEntries t1 after 0/0 [] commit 0',
    '2: AppendEntries t1 after 0/0 [] commit 0',
  ]);
});

test('a second leader of the same term is a bug, and an assertion stops the server that sees it (§5.2, Election Safety)', () => {
  expect(() => leaderOf({}).receive(1, appendEntries({ term: 1 }))).toThrow(AssertionError);
  expect(() => leaderOf({}).receive(1, installSnapshot(1, [3, 1]))).toThrow(
    'server 1 also claims to lead term 1',
  );
});

test('a message from the server itself, or from no member, is a bug of the caller', () => {
  for (const from of [0, 3, -1]) {
    expect(() => new DrivenCore({}).receive(from, granted(1))).toThrow(AssertionError);
  }
});

// The three events that reset the election timer, and events that must not (Figure 2, Followers 2).
const timerCases: ReadonlyArray<readonly [title: string, isReset: boolean, input: Input | Message]> = [
  ['granting a vote', true, requestVote(1, 2, [2, 2])],
  ['granting a vote in a higher term', true, requestVote(1, 7, [2, 2])],
  ['a heartbeat of the current leader', true, appendEntries({ term: 2, after: [2, 2] })],
  ['entries of the current leader', true, appendEntries({ term: 2, after: [2, 2], terms: [2] })],
  ['entries of the current leader that do not fit', true, appendEntries({ term: 2, after: [9, 2] })],
  ['entries of a new leader', true, appendEntries({ term: 5, after: [2, 2] })],
  ['a snapshot of the current leader', true, installSnapshot(2, [5, 2])],
  ['refusing a vote to a shorter log', false, requestVote(1, 2, [1, 2])],
  ['refusing a vote to a shorter log in a higher term', false, requestVote(1, 7, [9, 1])],
  ['refusing a vote of an earlier term', false, requestVote(1, 1, [9, 1])],
  ['entries of an earlier leader', false, appendEntries({ term: 1, after: [2, 2] })],
  ['a snapshot of an earlier leader', false, installSnapshot(1, [5, 1])],
  ['a late vote', false, granted(2)],
  ['a reply of a higher term', false, notGranted(9)],
  ['an acknowledgement', false, ack(2, 2)],
  ['a durable write', false, { kind: 'persisted', currentTerm: 2, lastLogIndex: 2, lastLogTerm: 2 }],
  ['a tick before the time', false, { kind: 'tick' }],
];

test.each(timerCases)(
  '%s resets the election timer: %s (Figure 2, Followers 2)',
  (_title, isReset, input) => {
    const driven = new DrivenCore({ terms: [1, 2] });
    driven.now = 700;
    if (isInput(input)) driven.step(input);
    else driven.receive(1, input);
    expect(driven.follower.electionDeadline).toBe(isReset ? 1700 : 1000);
  },
);

test('a vote refused because of an earlier vote does not reset the timer (Figure 2, Followers 2)', () => {
  const driven = new DrivenCore({ terms: [1, 2], votedFor: 2 });
  driven.now = 700;
  driven.receive(1, requestVote(1, 2, [2, 2]));
  expect(driven.follower.electionDeadline).toBe(1000);
});

function isInput(input: Input | Message): input is Input {
  return input.kind === 'tick' || input.kind === 'persisted';
}

test('a candidate that becomes a follower because of a higher term keeps its timeout (Figure 2, Followers 2)', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  driven.now += 400;
  driven.receive(1, notGranted(7));
  expect(driven.follower.electionDeadline).toBe(2000);
});

test('timeouts are in the configured range and drawn anew each time, so that split votes end (§5.2)', () => {
  const config = completeConfig({ electionTimeoutMinMs: 300, electionTimeoutMaxMs: 500 });
  const random = Random.fromSeed(7);
  const state = { me: 0, membership: Membership.ofSize(3) };
  const draws = Array.from({ length: 200 }, () => drawElectionDeadline({ state, config, random, now: 0 }));
  expect(new Set(draws).size).toBe(200);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(300);
  expect(Math.max(...draws)).toBeLessThan(500);
  // They cover the range.
  expect(Math.max(...draws) - Math.min(...draws)).toBeGreaterThan(150);
});

test('each election of a server has a different timeout (§5.2)', () => {
  const driven = new DrivenCore({ config: { electionTimeoutMinMs: 300, electionTimeoutMaxMs: 500 } });
  const waits: number[] = [];
  for (let election = 0; election < 5; election += 1) {
    const { now } = driven;
    driven.campaign();
    waits.push(driven.now - now);
  }
  expect(new Set(waits).size).toBe(5);
});
