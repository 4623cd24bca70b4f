// Tests of the checkers of single steps: each is given a step that follows its rule and one that breaks it.
import { commitIndexIsEarned } from '#src/commit-index-is-earned';
import { electedByMajority } from '#src/elected-by-majority';
import { electionTimer } from '#src/election-timer';
import type { Ghost } from '#src/ghost';
import { higherTermsAreFollowed } from '#src/higher-terms-are-followed';
import type { Invariant } from '#src/invariant';
import { leaderBookkeeping } from '#src/leader-bookkeeping';
import { learnersArePassive } from '#src/learners-are-passive';
import { staleMessagesChangeNothing } from '#src/stale-messages-change-nothing';
import { Membership, type Message } from '@raftlab/protocol';
import { describe, test } from 'vitest';
import {
  entriesOf,
  envelopeOf,
  expectViolation,
  ghostOf,
  heard,
  stepOf,
  type StateSketch,
  type StepSketch,
} from './history.ts';

const none = ghostOf([{}, {}, {}]);
/** Of three servers, 0 and 1 are voters and 2 is a learner. */
const withLearner = new Membership([0, 1], [2]);

describe('Elected by a majority', () => {
  const vote = (invariant: Invariant, voter: number, to: number, term: number, voteGranted = true): void =>
    invariant.onSend?.(
      voter,
      envelopeOf(to, { kind: 'requestVoteReply', reply: { term, voteGranted } }),
      none,
    );
  const lead = (invariant: Invariant, server: number, term: number, ghost: Ghost): void =>
    invariant.onStep?.(stepOf({ server, after: { term, role: 'leader' }, becomesLeader: true }), ghost);

  test('leading with refusals, or with votes of another term, is a violation', () => {
    const ghost = votedFor(0, 2);
    const invariant = electedByMajority();
    vote(invariant, 1, 0, 1);
    vote(invariant, 2, 0, 2, false);
    expectViolation(() => lead(invariant, 0, 2, ghost), /with only the votes of 0$/);
    vote(invariant, 2, 0, 2);
    lead(invariant, 0, 2, ghost);
  });

  test('leading with the vote of a learner is a violation (thesis 4.2.1)', () => {
    const ghost = votedFor(0, 2, withLearner);
    const invariant = electedByMajority();
    vote(invariant, 2, 0, 2);
    expectViolation(() => lead(invariant, 0, 2, ghost), /with only the votes of 0, 2$/);
    vote(invariant, 1, 0, 2);
    lead(invariant, 0, 2, ghost);
  });

  test('leading before its own vote is durable is a violation', () => {
    const invariant = electedByMajority();
    vote(invariant, 1, 0, 2);
    expectViolation(() => lead(invariant, 0, 2, votedFor(0, 1)), /its storage has term 1/);
  });

  /** Three servers; the storage of `server` has its vote for itself in `term`. */
  function votedFor(server: number, term: number, membership?: Membership): Ghost {
    const ghost = ghostOf([{}, {}, {}], [], membership);
    ghost.imageOf(server).apply({ hardState: { currentTerm: term, votedFor: server } });
    return ghost;
  }
});

describe('commitIndex is earned', () => {
  const step = (sketch: StepSketch): void => commitIndexIsEarned.onStep?.(stepOf(sketch), none);

  test('a leader that counts replicas of an old entry is a violation', () => {
    const before = { role: 'leader', term: 4, log: [1, 2] } as const;
    expectViolation(
      () => step({ before, after: { ...before, commitIndex: 2 } }),
      /leader 0 of term 4 counts replicas of entry 2 of term 2/,
    );
    const own = { role: 'leader', term: 4, log: [1, 2, 4] } as const;
    step({ before: own, after: { ...own, commitIndex: 3 } });
  });

  test('a follower that commits more than the message has verified, or than leaderCommit, is a violation', () => {
    const commits = (commitIndex: number, leaderCommit: number): void =>
      step({
        input: heard(1, {
          kind: 'appendEntries',
          args: {
            term: 2,
            leaderId: 1,
            prevLogIndex: 1,
            prevLogTerm: 1,
            entries: entriesOf([2]),
            leaderCommit,
            round: 1,
          },
        }),
        before: { term: 2, log: [1, 2, 2] },
        after: { term: 2, log: [1, 2, 2], commitIndex },
      });
    commits(2, 9);
    expectViolation(() => commits(3, 9), /commits up to 3; the message allows a commit up to 2/);
    expectViolation(() => commits(2, 1), /commits up to 2; the message allows a commit up to 1/);
  });

  test('a follower that commits without a message is a violation', () => {
    expectViolation(() => step({ before: { log: [1] }, after: { log: [1], commitIndex: 1 } }), /up to 0$/);
  });
});

describe('Stale messages change nothing', () => {
  const step = (sketch: StepSketch): void => staleMessagesChangeNothing.onStep?.(stepOf(sketch), none);
  const before = { role: 'leader', term: 3, log: [1, 3], matchIndex: { 1: 1 } } as const;
  const staleAck = heard(1, {
    kind: 'appendEntriesReply',
    reply: { term: 2, success: true, matchIndex: 2, round: 1 },
  });
  const staleVote = heard(1, { kind: 'requestVoteReply', reply: { term: 2, voteGranted: true } });
  const staleRequest = heard(1, {
    kind: 'requestVote',
    args: {
      term: 2,
      candidateId: 1,
      lastLogIndex: 9,
      lastLogTerm: 2,
    },
  });

  test('an old acknowledgement that moves matchIndex is a violation', () => {
    step({ input: staleAck, before, after: before });
    const after = { ...before, matchIndex: { 1: 2 } };
    expectViolation(
      () => step({ input: staleAck, before, after }),
      /of term 2 from 1, changed its matchIndex/,
    );
    const current = heard(1, {
      kind: 'appendEntriesReply',
      reply: { term: 3, success: true, matchIndex: 2, round: 1 },
    });
    step({ input: current, before, after });
  });

  test('an old vote that counts is a violation, even before it makes a leader', () => {
    const candidate = { role: 'candidate', term: 3, votes: [0] } as const;
    step({ input: staleVote, before: candidate, after: candidate });
    expectViolation(
      () => step({ input: staleVote, before: candidate, after: { ...candidate, votes: [0, 1] } }),
      /changed its votes/,
    );
    expectViolation(
      () => step({ input: staleVote, before: candidate, after: { role: 'leader', term: 3 } }),
      /changed its role/,
    );
  });

  test('an old request that is granted, or whose entries are stored, is a violation', () => {
    const follower = { term: 3 };
    const granted = envelopeOf(1, { kind: 'requestVoteReply', reply: { term: 3, voteGranted: true } });
    const refused = envelopeOf(1, { kind: 'requestVoteReply', reply: { term: 3, voteGranted: false } });
    step({ input: staleRequest, after: follower, sends: [refused] });
    expectViolation(
      () => step({ input: staleRequest, after: follower, sends: [granted] }),
      /and accepted it/,
    );
    const persist = { log: { firstIndex: 1, entries: entriesOf([2]) } };
    expectViolation(() => step({ input: staleRequest, after: follower, persist }), /changed its log/);
  });
});

test('Higher terms are followed: a server that receives one and does not change is a violation', () => {
  const hear = (after: StateSketch): void =>
    higherTermsAreFollowed.onStep?.(
      stepOf({
        input: heard(1, {
          kind: 'appendEntriesReply',
          reply: { term: 5, success: true, matchIndex: 0, round: 1 },
        }),
        before: { role: 'leader', term: 3 },
        after,
      }),
      none,
    );
  hear({ term: 5 });
  expectViolation(() => hear({ role: 'leader', term: 3 }), /received term 5 .* and is leader in term 3/);
  expectViolation(() => hear({ term: 4 }), /is follower in term 4/);
});

describe('Election timer', () => {
  const step = (sketch: StepSketch): void => electionTimer.onStep?.(stepOf(sketch), none);
  const request = heard(1, {
    kind: 'requestVote',
    args: { term: 2, candidateId: 1, lastLogIndex: 0, lastLogTerm: 0 },
  });
  const before = { term: 2, electionDeadline: 400 };
  const granted = envelopeOf(1, { kind: 'requestVoteReply', reply: { term: 2, voteGranted: true } });

  test('a refused vote that restarts the timer is a violation', () => {
    step({ input: request, before, after: before });
    expectViolation(
      () => step({ input: request, before, after: { ...before, electionDeadline: 500 } }),
      /restarts its election timer on requestVote from 1/,
    );
  });

  test('a granted vote that does not restart the timer is a violation', () => {
    step({ input: request, before, after: { ...before, electionDeadline: 500 }, sends: [granted] });
    expectViolation(
      () => step({ input: request, before, after: before, sends: [granted] }),
      /server 0 grants a vote, but does not restart its election timer/,
    );
  });

  test('the timer of a learner is not checked (thesis 4.2.1)', () => {
    const ghost = ghostOf([{}, {}, {}], [], withLearner);
    electionTimer.onStep?.(stepOf({ server: 2, before, after: before, sends: [granted] }), ghost);
  });

  test('a message of the leader that does not restart the timer is a violation', () => {
    const heartbeat = heard(1, {
      kind: 'appendEntries',
      args: {
        term: 2,
        leaderId: 1,
        prevLogIndex: 0,
        prevLogTerm: 0,
        entries: [],
        leaderCommit: 0,
        round: 1,
      },
    });
    step({ input: heartbeat, before, after: { ...before, electionDeadline: 500 } });
    expectViolation(
      () => step({ input: heartbeat, before, after: before }),
      /receives a message of its leader, but/,
    );
  });
});

describe('Learners are passive', () => {
  const ghost = ghostOf([{}, {}, {}], [], withLearner);
  const step = (server: number, after: StateSketch): void =>
    learnersArePassive.onStep?.(stepOf({ server, after }), ghost);
  const send = (server: number, message: Message): void =>
    learnersArePassive.onSend?.(server, envelopeOf(0, message), ghost);

  test('a learner that campaigns, or has an election timer, is a violation', () => {
    step(2, { electionDeadline: Infinity });
    step(1, { role: 'candidate', electionDeadline: 400 });
    expectViolation(() => step(2, { role: 'candidate' }), /server 2 is a learner and candidate/);
    expectViolation(() => step(2, { electionDeadline: 400 }), /its election timer ends at 400/);
  });

  test('a learner that requests or grants a vote is a violation', () => {
    const args = { term: 1, candidateId: 2, lastLogIndex: 0, lastLogTerm: 0 };
    const vote = (voteGranted: boolean): Message => ({
      kind: 'requestVoteReply',
      reply: { term: 1, voteGranted },
    });
    send(2, vote(false));
    send(1, vote(true));
    expectViolation(() => send(2, vote(true)), /sends its vote to 0/);
    expectViolation(() => send(2, { kind: 'requestVote', args }), /sends a vote request to 0/);
  });
});

describe('matchIndex is true', () => {
  test('a matchIndex that decreases is a violation', () => {
    const ghost = ghostOf([{ log: [1, 1] }, { log: [1, 1] }, {}]);
    const hear = (was: number, is: number): void =>
      leaderBookkeeping.onStep?.(
        stepOf({
          input: heard(1, {
            kind: 'appendEntriesReply',
            reply: { term: 1, success: true, matchIndex: is, round: 1 },
          }),
          before: { role: 'leader', log: [1, 1], matchIndex: { 1: was } },
          after: { role: 'leader', log: [1, 1], matchIndex: { 1: is } },
        }),
        ghost,
      );
    hear(1, 2);
    expectViolation(() => hear(2, 1), /matchIndex of server 1 falls from 2 to 1/);
  });

  test('a leader that counts entries which are not on its own storage is a violation', () => {
    const ghost = ghostOf([{ log: [1, 1] }, {}, {}]);
    const persisted = (log: readonly number[]): void =>
      leaderBookkeeping.onStep?.(
        stepOf({
          input: { kind: 'persisted', currentTerm: 1, lastLogIndex: log.length, lastLogTerm: 1 },
          after: { role: 'leader', log },
        }),
        ghost,
      );
    persisted([1, 1]);
    expectViolation(() => persisted([1, 1, 1]), /leader 0 counts its entry 3 of term 1/);
  });
});
