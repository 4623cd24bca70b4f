// Tests of the checkers of pre-votes (thesis 9.6, 4.2.3): each is given a step that follows its rule and one that breaks it.
import { higherTermsAreFollowed } from '#src/higher-terms-are-followed';
import { electionTimer } from '#src/election-timer';
import type { Invariant } from '#src/invariant';
import { learnersArePassive } from '#src/learners-are-passive';
import { noElectionInVain } from '#src/no-election-in-vain';
import { persistBeforeVisible } from '#src/persist-before-visible';
import { preVoteChangesNothing } from '#src/pre-vote-changes-nothing';
import { Membership, type Message } from '@raftlab/protocol';
import { describe, test } from 'vitest';
import { envelopeOf, expectViolation, ghostOf, heard, stepOf, type StepSketch } from './history.ts';

const none = ghostOf([{}, {}, {}]);
const asks = (term: number): Message => ({
  kind: 'preVote',
  args: { term, candidateId: 1, lastLogIndex: 0, lastLogTerm: 0 },
});
const answers = (term: number, voteGranted: boolean): Message => ({
  kind: 'preVoteReply',
  reply: { term, voteGranted },
});

describe('A pre-vote changes nothing', () => {
  const step = (sketch: StepSketch): void => preVoteChangesNothing.onStep?.(stepOf(sketch), none);
  const before = { term: 3, electionDeadline: 400 } as const;
  const grant = envelopeOf(1, answers(4, true));

  test('a request that changes the term, the vote, the timer or the disk is a violation', () => {
    const input = heard(1, asks(4));
    step({ input, before, after: before, sends: [grant] });
    const wrong: [StepSketch['after'], RegExp][] = [
      [{ ...before, term: 4 }, /changes its term/],
      [{ ...before, votedFor: 1 }, /changes its vote/],
      [{ ...before, electionDeadline: 500 }, /changes its election timer/],
      [{ ...before, role: 'candidate' }, /changes its role/],
    ];
    for (const [after, words] of wrong)
      expectViolation(() => step({ input, before, after, sends: [grant] }), words);
    const persist = { hardState: { currentTerm: 3, votedFor: null } };
    expectViolation(() => step({ input, before, after: before, sends: [grant], persist }), /stored state/);
  });

  test('a grant with another term than the requested one, and a refusal with another than the current one, are violations', () => {
    const answer = (message: Message, term = 4): void =>
      step({ input: heard(1, asks(term)), before, after: before, sends: [envelopeOf(1, message)] });
    answer(answers(3, false));
    expectViolation(() => answer(answers(3, true)), /grants it with term 3/);
    expectViolation(() => answer(answers(4, false)), /refuses it with term 4/);
    expectViolation(() => answer(answers(3, true), 3), /is asked for a pre-vote in term 3, and grants it/);
  });

  test('a leader that grants one, and a server that does not answer, are violations', () => {
    const leader = { role: 'leader', term: 3 } as const;
    const input = heard(1, asks(4));
    expectViolation(() => step({ input, before: leader, after: leader, sends: [grant] }), /server 0, leader/);
    expectViolation(() => step({ input, before, after: before }), /another number of messages than one/);
  });
});

describe('No election in vain', () => {
  const send = (invariant: Invariant, from: number, to: number, message: Message): void =>
    invariant.onSend?.(from, envelopeOf(to, message), none);
  const campaign = (invariant: Invariant, server: number, term: number): void =>
    invariant.onStep?.(stepOf({ server, after: { term, role: 'candidate' }, becomesCandidate: true }), none);

  test('an election without the pre-votes of a majority for its term is a violation', () => {
    const invariant = noElectionInVain();
    send(invariant, 0, 1, asks(4));
    send(invariant, 1, 0, answers(4, false));
    send(invariant, 1, 0, answers(3, true));
    send(invariant, 1, 2, answers(4, true));
    expectViolation(() => campaign(invariant, 0, 4), /term 4 with only the pre-votes of 0$/);
    send(invariant, 1, 0, answers(4, true));
    campaign(invariant, 0, 4);
  });

  test('a server that never asks for pre-votes has none, and may campaign without them', () => {
    campaign(noElectionInVain(), 0, 4);
  });
});

describe('terms of requests', () => {
  test('the term of a pre-vote and its grant need not be followed, nor be durable', () => {
    const after = { term: 1 };
    for (const message of [asks(9), answers(9, true)]) {
      higherTermsAreFollowed.onStep?.(stepOf({ input: heard(1, message), after }), none);
      persistBeforeVisible.onSend?.(0, envelopeOf(1, message), none);
    }
    expectViolation(
      () => higherTermsAreFollowed.onStep?.(stepOf({ input: heard(1, answers(9, false)), after }), none),
      /received term 9 in preVoteReply/,
    );
    expectViolation(
      () => persistBeforeVisible.onSend?.(0, envelopeOf(1, answers(9, false)), none),
      /sends preVoteReply of term 9/,
    );
  });
});

describe('a vote request of a higher term', () => {
  const request = (isTransfer: boolean): Message => ({
    kind: 'requestVote',
    args: {
      term: 9,
      candidateId: 1,
      lastLogIndex: 0,
      lastLogTerm: 0,
      ...(isTransfer && { isTransfer: true }),
    },
  });
  const ignore = (sketch: Partial<StepSketch>, isTransfer = false): void =>
    higherTermsAreFollowed.onStep?.(
      stepOf({ input: heard(1, request(isTransfer)), after: { term: 3 }, ...sketch }),
      none,
    );

  test('may be ignored by a server that leads or has heard its leader, and by no other (thesis 4.2.3)', () => {
    ignore({ after: { term: 3, hearsLeader: true } });
    ignore({ after: { term: 3, role: 'leader' } });
    expectViolation(() => ignore({}), /received term 9 in requestVote/);
    expectViolation(() => ignore({ after: { term: 3, role: 'candidate' } }), /received term 9/);
  });

  test('must be followed if the leader has requested it (thesis 3.10)', () => {
    expectViolation(() => ignore({ after: { term: 3, role: 'leader' } }, true), /received term 9/);
  });
});

test('Election timer: a follower that asks for pre-votes restarts its timer, and must (thesis 9.6)', () => {
  const before = { term: 2, electionDeadline: 400 };
  const step = (electionDeadline: number): void =>
    electionTimer.onStep?.(
      stepOf({ before, after: { ...before, electionDeadline }, sendsAtOnce: [envelopeOf(1, asks(3))] }),
      none,
    );
  step(500);
  expectViolation(() => step(400), /asks for pre-votes, but does/);
});

test('Learners are passive: a learner that asks for or grants a pre-vote is a violation (thesis 4.2.1)', () => {
  const ghost = ghostOf([{}, {}, {}], [], new Membership([0, 1], [2]));
  const send = (server: number, message: Message): void =>
    learnersArePassive.onSend?.(server, envelopeOf(0, message), ghost);
  send(1, answers(1, true));
  send(2, answers(1, false));
  expectViolation(() => send(2, answers(1, true)), /server 2 is a learner/);
  expectViolation(() => send(2, asks(1)), /server 2 is a learner/);
});
