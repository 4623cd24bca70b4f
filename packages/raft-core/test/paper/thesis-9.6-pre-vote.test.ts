// Thesis 9.6 and 4.2.3: no server increases its term before a majority would vote for it, and a server that hears its leader does
// not help to depose it.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { Membership, type Message } from '@raftlab/protocol';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  describe as describeMessage,
  DrivenCore,
  granted,
  leaderOf,
  notGranted,
  persists,
  preGranted,
  preRefused,
  preVote,
  refusal,
  requestVote,
  said,
  transferVote,
  type Given,
} from '../driven-core.ts';

/** A server that asks for pre-votes. */
function asking(given: Given = {}): DrivenCore {
  return new DrivenCore({ ...given, config: { preVote: true, ...given.config } });
}

/** A follower of server 1 that has just heard it. */
function following(given: Given = {}): DrivenCore {
  const driven = asking(given);
  const { lastIndex, lastTerm } = driven.state.log;
  driven.receive(1, appendEntries({ term: driven.state.currentTerm, after: [lastIndex, lastTerm] }));
  return driven;
}

/** The reply of the server to a message from `from`, the persisted batch, and the state afterwards. */
function check(
  driven: DrivenCore,
  [from, message]: readonly [number, Message],
  expected: readonly [said: string, persists: string, summary: string],
): void {
  const outputs = driven.receive(from, message);
  const found = [said(outputs).join('; '), persists(outputs), driven.summary];
  expect(found, describeMessage(message)).toEqual(expected);
}

test('a follower that hears no leader asks for pre-votes, in its own term and without a write (thesis 9.6)', () => {
  const driven = asking({ terms: [1, 2], votedFor: 1 });
  const outputs = driven.tickAt(1000);
  expect(said(outputs)).toEqual(['1: PreVote t3 last 2/2', '2: PreVote t3 last 2/2']);
  expect([persists(outputs), driven.summary]).toEqual(['nothing', 'follower t2 voted 1: 1 2 | commit 0']);
  expect(outputs.wakeAt).toBe(2000);
});

test('the pre-votes of a majority start an election (thesis 9.6)', () => {
  const driven = asking({ terms: [1, 2], serverCount: 5 });
  driven.tickAt(1000);
  check(driven, [1, preGranted(3)], ['', 'nothing', 'follower t2 voted -: 1 2 | commit 0']);
  const outputs = driven.receive(3, preGranted(3));
  expect([driven.summary, persists(outputs)]).toEqual(['candidate t3 voted 0: 1 2 | commit 0', 't3 vote 0']);
  expect(said(outputs)).toHaveLength(4);
});

test('a duplicated pre-vote counts once (thesis 9.6)', () => {
  const driven = asking({ serverCount: 5 });
  driven.tickAt(1000);
  driven.receive(1, preGranted(1));
  driven.receive(1, preGranted(1));
  expect(driven.summary).toBe('follower t0 voted -:  | commit 0');
});

test('a pre-vote counts only for the requested term (thesis 9.6)', () => {
  const driven = asking({ currentTerm: 4 });
  driven.tickAt(1000);
  for (const term of [4, 6]) driven.receive(1, preGranted(term));
  expect(driven.summary).toBe('follower t4 voted -:  | commit 0');
  driven.receive(1, preGranted(5));
  expect(driven.summary).toBe('candidate t5 voted 0:  | commit 0');
});

test('a pre-vote without a request does not count (thesis 9.6)', () => {
  const driven = asking({});
  check(driven, [1, preGranted(1)], ['', 'nothing', 'follower t0 voted -:  | commit 0']);
});

test('a cluster of one needs no pre-votes (thesis 9.6)', () => {
  const driven = asking({ serverCount: 1 });
  driven.tickAt(1000);
  expect(driven.summary).toBe('candidate t1 voted 0:  | commit 0');
});

test('learners do not ask for pre-votes, are not asked, and do not grant them (thesis 9.6, 4.2.1)', () => {
  const membership = new Membership([0, 1, 2], [3]);
  expect(said(asking({ membership }).tickAt(1000))).toEqual([
    '1: PreVote t1 last 0/0',
    '2: PreVote t1 last 0/0',
  ]);
  const learner = asking({ membership, me: 3 });
  expect(learner.core.wakeAt).toBe(Infinity);
  check(
    learner,
    [0, preVote(0, 1)],
    ['0 once durable: pre-vote t0 refused', 'nothing', 'follower t0 voted -:  | commit 0'],
  );
});

test('a grant has the requested term; term, vote, timer and disk do not change (thesis 9.6)', () => {
  const driven = asking({ terms: [1, 2], votedFor: 2 });
  driven.now = 500;
  check(
    driven,
    [1, preVote(1, 3, [2, 2])],
    ['1 once durable: pre-vote t3 granted', 'nothing', 'follower t2 voted 2: 1 2 | commit 0'],
  );
  expect(driven.follower.electionDeadline).toBe(1000);
});

test('several candidates may have pre-votes in one term: a pre-vote is not a vote (thesis 9.6)', () => {
  const driven = asking({});
  for (const from of [1, 2]) {
    const outputs = driven.receive(from, preVote(from, 1));
    expect(said(outputs)).toEqual([`${from} once durable: pre-vote t1 granted`]);
  }
});

test.each([
  [[2, 1], 'refused'],
  [[1, 2], 'refused'],
  [[2, 2], 'granted'],
  [[1, 3], 'granted'],
] as const)(
  'a log that ends at %j has its pre-vote %s by a server with entries 1 2 (§5.4.1)',
  (last, answer) => {
    const driven = asking({ terms: [1, 2], currentTerm: 3 });
    const [reply] = said(driven.receive(1, preVote(1, 4, last)));
    expect(reply).toBe(`1 once durable: pre-vote t${answer === 'granted' ? 4 : 3} ${answer}`);
  },
);

test('a refusal has the current term, and a candidate with a lower term follows it (thesis 9.6)', () => {
  const voter = asking({ currentTerm: 7 });
  check(
    voter,
    [1, preVote(1, 5)],
    ['1 once durable: pre-vote t7 refused', 'nothing', 'follower t7 voted -:  | commit 0'],
  );
  const driven = asking({ currentTerm: 4 });
  driven.tickAt(1000);
  check(driven, [1, preRefused(7)], ['', 't7 vote -', 'follower t7 voted -:  | commit 0']);
  // It asks again, for the term after that one.
  expect(said(driven.tickAt(2000))).toEqual(['1: PreVote t8 last 0/0', '2: PreVote t8 last 0/0']);
});

test('a pre-vote for a term that has already started is refused (thesis 9.6)', () => {
  const driven = asking({ currentTerm: 5 });
  check(
    driven,
    [1, preVote(1, 5)],
    ['1 once durable: pre-vote t5 refused', 'nothing', 'follower t5 voted -:  | commit 0'],
  );
});

test('a server that hears its leader refuses pre-votes and votes, and does not follow the term (thesis 4.2.3)', () => {
  const driven = following({ terms: [1, 2] });
  driven.now += 999;
  const unchanged = 'follower t2 voted -: 1 2 | commit 0';
  check(driven, [2, preVote(2, 9, [9, 8])], ['2 once durable: pre-vote t2 refused', 'nothing', unchanged]);
  check(driven, [2, requestVote(2, 9, [9, 8])], ['2 once durable: vote t2 refused', 'nothing', unchanged]);
});

test('a server grants pre-votes and votes if it has not heard its leader for the minimum election timeout (thesis 4.2.3)', () => {
  const driven = following({ config: { electionTimeoutMaxMs: 3000 } });
  driven.now += 1000;
  check(
    driven,
    [2, preVote(2, 1)],
    ['2 once durable: pre-vote t1 granted', 'nothing', 'follower t0 voted -:  | commit 0'],
  );
  check(
    driven,
    [2, requestVote(2, 1)],
    ['2 once durable: vote t1 granted', 't1 vote 2', 'follower t1 voted 2:  | commit 0'],
  );
});

test('a leader refuses pre-votes and votes of any term while it leads (thesis 4.2.3)', () => {
  const driven = leaderOf({ config: {} });
  const leader = asking({});
  leader.tickAt(1000);
  leader.receive(1, preGranted(1));
  leader.persisted();
  leader.receive(1, granted(1));
  expect(leader.summary).toBe('leader t1 voted 0:  | commit 0');
  check(
    leader,
    [2, preVote(2, 5)],
    ['2 once durable: pre-vote t1 refused', 'nothing', 'leader t1 voted 0:  | commit 0'],
  );
  check(
    leader,
    [2, requestVote(2, 5)],
    ['2 once durable: vote t1 refused', 'nothing', 'leader t1 voted 0:  | commit 0'],
  );
  // Without pre-votes the paper's rule holds: a request with a higher term is followed.
  driven.receive(2, requestVote(2, 5));
  expect(driven.summary).toBe('follower t5 voted 2:  | commit 0');
});

test('a candidate hears no leader, so it grants pre-votes and follows higher terms (thesis 4.2.3)', () => {
  const driven = asking({});
  driven.tickAt(1000);
  driven.receive(1, preGranted(1));
  check(
    driven,
    [2, preVote(2, 2)],
    ['2 once durable: pre-vote t2 granted', 'nothing', 'candidate t1 voted 0:  | commit 0'],
  );
  check(
    driven,
    [2, requestVote(2, 2)],
    ['2 once durable: vote t2 granted', 't2 vote 2', 'follower t2 voted 2:  | commit 0'],
  );
});

test('a vote that the leader has requested is granted although the leader is heard (thesis 3.10)', () => {
  const driven = following({});
  check(
    driven,
    [2, transferVote(2, 1)],
    ['2 once durable: vote t1 granted', 't1 vote 2', 'follower t1 voted 2:  | commit 0'],
  );
});

test('stickiness ends with the term: a server that follows a higher term has not heard its leader yet (thesis 4.2.3)', () => {
  const driven = following({});
  driven.receive(2, transferVote(2, 1, [0, 0]));
  driven.receive(1, refusal(4, 0, [0, 0]));
  check(
    driven,
    [2, preVote(2, 5)],
    ['2 once durable: pre-vote t5 granted', 'nothing', 'follower t4 voted -:  | commit 0'],
  );
});

test('a server that hears its leader again drops its pre-vote request (thesis 9.6)', () => {
  const driven = following({ serverCount: 5 });
  driven.tickAt(2000);
  driven.receive(2, preGranted(1));
  driven.receive(1, appendEntries({ term: 0 }));
  check(driven, [3, preGranted(1)], ['', 'nothing', 'follower t0 voted -:  | commit 0']);
});

test('a server that grants its vote drops its pre-vote request: it does not compete with the candidate (§5.2)', () => {
  const driven = asking({ currentTerm: 1 });
  driven.tickAt(1000);
  driven.receive(1, requestVote(1, 1));
  check(driven, [2, preGranted(2)], ['', 'nothing', 'follower t1 voted 1:  | commit 0']);
});

test('a server that asks for pre-votes knows no leader', () => {
  const driven = following({});
  expect(driven.follower.leaderId).toBe(1);
  driven.tickAt(2000);
  expect(driven.follower.leaderId).toBeUndefined();
});

test('a candidate whose election times out asks again, and remains a candidate: a late vote still counts (thesis 9.6)', () => {
  const driven = asking({});
  driven.tickAt(1000);
  driven.receive(1, preGranted(1));
  driven.persisted();
  const outputs = driven.tickAt(2000);
  expect(said(outputs)).toEqual(['1: PreVote t2 last 0/0', '2: PreVote t2 last 0/0']);
  expect(driven.summary).toBe('candidate t1 voted 0:  | commit 0');
  driven.receive(2, granted(1));
  expect(driven.summary).toBe('leader t1 voted 0:  | commit 0');
});

test('a candidate with the pre-votes of a majority continues in the next term (Figure 2, Candidates 4)', () => {
  const driven = asking({});
  driven.tickAt(1000);
  driven.receive(1, preGranted(1));
  driven.persisted();
  driven.tickAt(2000);
  driven.receive(2, preGranted(2));
  expect(driven.summary).toBe('candidate t2 voted 0:  | commit 0');
});

test('a leader learns of a candidate with a higher term from its refusal, and steps down (thesis 6.2)', () => {
  const leader = asking({});
  leader.tickAt(1000);
  leader.receive(1, preGranted(1));
  leader.persisted();
  leader.receive(1, granted(1));
  leader.tick();
  leader.receive(1, ack(1, 0));
  const stuck = asking({ me: 2, currentTerm: 5 });
  const [answer] = stuck.receive(0, appendEntries({ term: 1, leaderId: 0 })).sendAfterPersist;
  if (answer === undefined) throw new Error('no answer');
  leader.receive(2, answer.message);
  expect(leader.summary).toBe('follower t5 voted -:  | commit 0');
});

test('a refused vote of an earlier term changes nothing', () => {
  const driven = asking({});
  driven.tickAt(1000);
  driven.receive(1, preGranted(1));
  check(driven, [2, notGranted(0)], ['', 'nothing', 'candidate t1 voted 0:  | commit 0']);
});
