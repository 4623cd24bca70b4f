// Checks the checkers of reads and transfers (thesis 6.4, 3.10): each is fed steps that keep its rule and one that breaks it.
import { handedOverToTheUpToDate } from '#src/handed-over-to-the-up-to-date';
import { higherTermsAreFollowed } from '#src/higher-terms-are-followed';
import type { Ghost } from '#src/ghost';
import type { Invariant } from '#src/invariant';
import { noElectionInVain } from '#src/no-election-in-vain';
import { readsAreConfirmed } from '#src/reads-are-confirmed';
import { readsAreLinearizable } from '#src/reads-are-linearizable';
import type { Message } from '@raftlab/protocol';
import { describe, test } from 'vitest';
import { envelopeOf, expectViolation, ghostOf, heard, stepOf, type StepSketch } from './history.ts';

const ready = (id: number, index: number) => [{ id, kind: 'ready', readIndex: index }] as const;
const timeoutNow = (term: number): Message => ({ kind: 'timeoutNow', args: { term, leaderId: 1 } });

describe('Reads are linearizable', () => {
  const step = (invariant: Invariant, ghost: Ghost, sketch: Partial<StepSketch>): void =>
    invariant.onStep?.(stepOf({ after: { term: 1 }, ...sketch }), ghost);

  test('an index below what was committed at the arrival, or above what is committed, is a violation', () => {
    const ghost = ghostOf([{}, {}, {}], [1, 1]);
    const invariant = readsAreLinearizable();
    for (const id of [1, 2, 3]) step(invariant, ghost, { input: { kind: 'read', id } });
    step(invariant, ghost, { reads: ready(1, 2) });
    expectViolation(
      () => step(invariant, ghost, { reads: ready(2, 1) }),
      /serves read 2 at 1; entries up to 2/,
    );
    expectViolation(() => step(invariant, ghost, { reads: ready(3, 3) }), /up to 2 are now/);
  });

  test('a read that was never asked for, or ends twice, is a violation; one that is refused is none', () => {
    const ghost = ghostOf([{}, {}, {}], [1]);
    const invariant = readsAreLinearizable();
    expectViolation(() => step(invariant, ghost, { reads: ready(1, 1) }), /ends read 1, which has not begun/);
    step(invariant, ghost, { input: { kind: 'read', id: 1 } });
    step(invariant, ghost, { reads: [{ id: 1, kind: 'refused', reason: 'no-leader' }] });
    expectViolation(() => step(invariant, ghost, { reads: ready(1, 1) }), /has not begun/);
  });
});

describe('Reads are confirmed', () => {
  const none = ghostOf([{}, {}, {}]);
  const leader = { role: 'leader', term: 2, log: [2], commitIndex: 1 } as const;
  const step = (invariant: Invariant, sketch: Partial<StepSketch>): void =>
    invariant.onStep?.(stepOf({ after: leader, ...sketch }), none);
  const begin = (invariant: Invariant, round: number): void =>
    step(invariant, {
      sendsAtOnce: [envelopeOf(1, { kind: 'confirmLeader', args: { term: 2, leaderId: 0, round } })],
    });
  const confirm = (invariant: Invariant, round: number, sketch: Partial<StepSketch> = {}): void =>
    step(invariant, {
      input: heard(1, { kind: 'confirmLeaderReply', reply: { term: 2, round } }),
      ...sketch,
    });

  test('a read that is served by a round that began before it arrived is a violation', () => {
    const invariant = readsAreConfirmed();
    begin(invariant, 1);
    step(invariant, { input: { kind: 'read', id: 7 } });
    expectViolation(() => confirm(invariant, 1, { reads: ready(7, 1) }), /confirmed by 0 alone/);
    const right = readsAreConfirmed();
    step(right, { input: { kind: 'read', id: 7 } });
    begin(right, 1);
    confirm(right, 1, { reads: ready(7, 1) });
  });

  test('a read of another server is judged in the same way', () => {
    const invariant = readsAreConfirmed();
    step(invariant, {
      input: heard(2, { kind: 'readIndex', args: { term: 2, readerId: 2, readId: 7 } }),
    });
    const answer = envelopeOf(2, { kind: 'readIndexReply', reply: { term: 2, readId: 7, readIndex: 1 } });
    expectViolation(() => step(invariant, { sends: [answer] }), /serves read 7 of 2/);
  });

  test('a read before the first commit of the term is a violation', () => {
    const invariant = readsAreConfirmed();
    const early = { role: 'leader', term: 2, log: [1], commitIndex: 1 } as const;
    step(invariant, { after: early, input: { kind: 'read', id: 7 } });
    begin(invariant, 1);
    expectViolation(
      () => confirm(invariant, 1, { after: early, reads: ready(7, 1) }),
      /has committed nothing in its term 2/,
    );
  });
});

describe('Handed over to the up-to-date', () => {
  const ghost = ghostOf([{ log: [1, 1] }, { log: [1] }, { log: [1, 1] }]);
  const step = (sketch: StepSketch): void => handedOverToTheUpToDate.onStep?.(stepOf(sketch), ghost);
  const leader = { role: 'leader', term: 1, log: [1, 1] } as const;

  test('a server that lacks an entry and is asked to take over is a violation', () => {
    step({ after: leader, sendsAtOnce: [envelopeOf(2, timeoutNow(1))] });
    expectViolation(
      () => step({ after: leader, sendsAtOnce: [envelopeOf(1, timeoutNow(1))] }),
      /asks 1 to take over, which lacks its last entry 2 of term 1/,
    );
  });

  test('a server that was wiped in this term may be asked; one that was wiped in an earlier term may not', () => {
    const wiped = ghostOf([{ log: [1, 1] }, { log: [1] }, { log: [1, 1] }]);
    const ask = stepOf({ after: leader, sendsAtOnce: [envelopeOf(1, timeoutNow(1))] });
    wiped.wipedIn.set(1, 1);
    handedOverToTheUpToDate.onStep?.(ask, wiped);
    wiped.wipedIn.set(1, 0);
    expectViolation(() => handedOverToTheUpToDate.onStep?.(ask, wiped), /lacks its last entry 2/);
  });

  test('a proposal that is taken meanwhile is a violation', () => {
    const handing = { ...leader, isTransferring: true };
    step({ before: handing, after: handing });
    expectViolation(
      () => step({ before: { ...handing, log: [1] }, after: handing }),
      /hands its leadership over, and takes a proposal/,
    );
  });
});

test('a server that the leader asks to take over needs no pre-votes, and is in the next term at once (thesis 3.10)', () => {
  const none = ghostOf([{}, {}, {}]);
  const invariant = noElectionInVain();
  const asks: Message = {
    kind: 'preVote',
    args: { term: 4, candidateId: 0, lastLogIndex: 0, lastLogTerm: 0 },
  };
  invariant.onSend?.(0, envelopeOf(1, asks), none);
  const campaign = (): void =>
    invariant.onStep?.(stepOf({ after: { term: 4, role: 'candidate' }, becomesCandidate: true }), none);
  expectViolation(campaign, /with only the pre-votes of 0/);
  invariant.onSend?.(1, envelopeOf(0, timeoutNow(3)), none);
  campaign();
  higherTermsAreFollowed.onStep?.(
    stepOf({ input: heard(1, timeoutNow(3)), before: { term: 2 }, after: { term: 4, role: 'candidate' } }),
    none,
  );
});
