// Thesis 4.2.1: a non-voting member (here: a learner) receives the log, but does not count towards majorities for votes or
// commitment, and does not campaign. Also chapter 4 in general: members are identified by ids, which may be any numbers.
import { Membership, membershipCodec } from '@raftlab/protocol';
import { AssertionError, RaftLog } from '@raftlab/raft-core';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  granted,
  installSnapshot,
  leaderOf,
  refusal,
  replicatingLeaderOf,
  requestVote,
  said,
  snapshotAck,
} from '../driven-core.ts';

/** Three voters, and two learners that would form a majority with any single voter. */
const membership = new Membership([0, 1, 2], [3, 4]);

test('a learner has no election timeout: it waits for a leader indefinitely (thesis 4.2.1)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  expect(learner.core.wakeAt).toBe(Infinity);
  const outputs = learner.tickAt(1_000_000);
  expect([said(outputs), outputs.wakeAt, learner.summary]).toEqual([
    [],
    Infinity,
    'follower t0 voted -:  | commit 0',
  ]);
});

test('a learner that has heard a leader still has no election timeout (thesis 4.2.1)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  learner.receive(0, appendEntries({ term: 1, leaderId: 0 }));
  expect(learner.follower.electionDeadline).toBe(Infinity);
});

test('a learner appends, acknowledges and applies like any follower (thesis 4.2.1)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  const outputs = learner.receive(0, appendEntries({ term: 1, leaderId: 0, terms: [1, 1], commit: 1 }));
  expect(said(outputs)).toEqual(['0 once durable: ack t1 match 2']);
  expect(applies(outputs)).toBe('1');
});

test('a learner installs a snapshot like any follower (thesis 4.2.1; §7)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  const outputs = learner.receive(0, installSnapshot(1, [5, 1], { leaderId: 0 }));
  expect([said(outputs), applies(outputs)]).toEqual([
    ['0 once durable: snapshot ack t1 match 5'],
    'snapshot 5',
  ]);
});

test('a learner grants no vote, but follows the higher term (thesis 4.2.1; §5.1)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  const outputs = learner.receive(0, requestVote(0, 7, [9, 6]));
  expect(said(outputs)).toEqual(['0 once durable: vote t7 refused']);
  expect(learner.summary).toBe('follower t7 voted -:  | commit 0');
});

test("a voter grants its vote to any candidate: the candidate's membership decides (thesis 4.1)", () => {
  const voter = new DrivenCore({ me: 1, membership });
  expect(said(voter.receive(3, requestVote(3, 1)))).toEqual(['3 once durable: vote t1 granted']);
});

test('a candidate sends vote requests to the voters and to no learner (thesis 4.2.1)', () => {
  const candidate = new DrivenCore({ membership });
  expect(said(candidate.campaign())).toEqual([
    '1 once durable: RequestVote t1 last 0/0',
    '2 once durable: RequestVote t1 last 0/0',
  ]);
});

test('the vote of a learner does not count (thesis 4.2.1)', () => {
  const candidate = new DrivenCore({ membership });
  candidate.campaign();
  candidate.receive(3, granted(1));
  candidate.receive(4, granted(1));
  expect(candidate.state.standing.role).toBe('candidate');
  candidate.receive(2, granted(1));
  expect(candidate.state.standing.role).toBe('leader');
});

test('a leader replicates to voters and learners alike (thesis 4.2.1)', () => {
  const leader = replicatingLeaderOf({ membership });
  leader.propose(7);
  expect(said(leader.tick())).toEqual([
    '1: AppendEntries t1 after 0/0 [1] commit 0',
    '2: AppendEntries t1 after 0/0 [1] commit 0',
    '3: AppendEntries t1 after 0/0 [1] commit 0',
    '4: AppendEntries t1 after 0/0 [1] commit 0',
  ]);
});

test('the copies of learners do not count towards the commit of an entry (thesis 4.2.1)', () => {
  const leader = replicatingLeaderOf({ membership });
  leader.propose(7);
  leader.persisted();
  leader.receive(3, ack(1, 1));
  leader.receive(4, ack(1, 1));
  expect(leader.state.commitIndex).toBe(0);
  leader.receive(1, ack(1, 1));
  expect(leader.state.commitIndex).toBe(1);
});

test('a learner that needs compacted entries gets the snapshot (thesis 4.2.1; §7)', () => {
  const leader = leaderOf({ membership, snapshot: [5, 1] });
  leader.tick();
  for (const from of [1, 2, 4]) leader.receive(from, ack(2, 5));
  leader.receive(3, refusal(2, 5, [0, 1]));
  expect(said(leader.tick())).toContain('3: InstallSnapshot t2 up to 5/1');
  leader.receive(3, snapshotAck(2, 5));
  expect(leader.progress(3).matchIndex).toBe(5);
});

test('a leader that hears only learners steps down, one that hears only voters does not (thesis 4.2.1, 6.2)', () => {
  const roleAfter = (heard: readonly number[]): string => {
    const leader = replicatingLeaderOf({ membership });
    for (let beat = 0; beat < 15; beat += 1) {
      leader.now += 100;
      leader.tick();
      if (leader.state.standing.role !== 'leader') break;
      for (const from of heard) leader.receive(from, ack(1, 0));
    }
    return leader.state.standing.role;
  };
  expect([roleAfter([3, 4]), roleAfter([1])]).toEqual(['follower', 'leader']);
});

test('servers may have any ids: an election and a commit among 3, 7 and 700 (thesis 4)', () => {
  const driven = new DrivenCore({ me: 7, membership: new Membership([700, 3, 7]) });
  expect(said(driven.campaign())).toEqual([
    '3 once durable: RequestVote t1 last 0/0',
    '700 once durable: RequestVote t1 last 0/0',
  ]);
  driven.receive(700, granted(1));
  driven.tick();
  driven.receive(3, ack(1, 0));
  driven.propose(9);
  driven.persisted();
  expect(said(driven.tick())).toEqual(['3: AppendEntries t1 after 0/0 [1] commit 0']);
  driven.receive(3, ack(1, 1));
  expect(driven.state.commitIndex).toBe(1);
});

test.each([5, 0])(
  'a message from server %i, which is not another member, is refused, and the error names the members (thesis 4)',
  (from) => {
    const driven = new DrivenCore({ membership });
    expect(() => driven.receive(from, ack(1, 0))).toThrow(
      new AssertionError(
        `appendEntriesReply from server ${from} to server 0; the members are voters 0, 1, 2; learners 3, 4`,
      ),
    );
  },
);

test('a server that is not a member cannot start', () => {
  const outsider = (): DrivenCore => new DrivenCore({ me: 5, membership });
  expect(outsider).toThrow('server 5 is no member; the members are voters 0, 1, 2; learners 3, 4');
});

test('a stored snapshot with a configuration is rejected: configurations are reserved (thesis 4.1)', () => {
  const snapshot = {
    lastIncludedIndex: 5,
    lastIncludedTerm: 1,
    data: new Uint8Array(),
    configuration: membershipCodec.encode(membership),
  };
  expect(() => new RaftLog(snapshot)).toThrow(
    /^the snapshot up to 5 has a configuration, which is reserved .*: run this server with the version that wrote/,
  );
});

test('an assertion stops a learner that is made a candidate (thesis 4.2.1)', () => {
  const learner = new DrivenCore({ me: 3, membership });
  learner.state.standing = {
    role: 'candidate',
    votes: new Set(),
    electionDeadline: 1000,
    preVotes: undefined,
  };
  expect(() => learner.tickAt(1000)).toThrow('server 3 is a learner and must not campaign');
  expect(() => learner.receive(1, ack(0, 0))).toThrow(
    'a server that is no voter campaigns or leads: server 3, candidate of term 0',
  );
});
