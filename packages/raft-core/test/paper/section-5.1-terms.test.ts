// §5.1: terms are a logical clock. A server that sees a higher term adopts it; a request with a lower term is refused, and the
// reply has the current one.
/* oxlint-disable vitest/expect-expect -- check() expects */
import type { Message } from '@raftlab/protocol';
import { AssertionError } from '@raftlab/raft-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  DrivenCore,
  granted,
  installSnapshot,
  leaderOf,
  notGranted,
  persists,
  refusal,
  requestVote,
  said,
  snapshotAck,
} from '../driven-core.ts';

/** A server of each role in term 3, with the log `1 2`. */
const roles: ReadonlyArray<readonly [name: string, make: () => DrivenCore]> = [
  ['follower', () => new DrivenCore({ terms: [1, 2], currentTerm: 3 })],
  ['candidate', () => campaigning()],
  ['leader', () => leaderOf({ terms: [1, 2], currentTerm: 2 })],
];

function campaigning(): DrivenCore {
  const driven = new DrivenCore({ terms: [1, 2], currentTerm: 2 });
  driven.campaign();
  return driven;
}

/** Every kind of message, of a given term. */
const messages: ReadonlyArray<readonly [name: string, of: (term: number) => Message]> = [
  ['RequestVote', (term) => requestVote(1, term, [9, 9])],
  ['RequestVote of a shorter log', (term) => requestVote(1, term, [1, 1])],
  ['granted vote', granted],
  ['refused vote', notGranted],
  ['AppendEntries', (term) => appendEntries({ term, after: [2, 2] })],
  ['AppendEntries that does not fit', (term) => appendEntries({ term, after: [7, 3] })],
  ['ack', (term) => ack(term, 2)],
  ['refusal', (term) => refusal(term, 2, [0, 1])],
  ['InstallSnapshot', (term) => installSnapshot(term, [5, 2])],
  ['snapshot ack', (term) => snapshotAck(term, 5)],
];

function check(
  driven: DrivenCore,
  message: Message,
  expected: { summary: RegExp | string; said: readonly string[] },
): void {
  const outputs = driven.receive(1, message);
  expect(driven.summary).toMatch(expected.summary);
  expect(said(outputs)).toEqual(expected.said);
}

test.each(roles)(
  'a %s that receives a higher term in any message adopts it and becomes a follower (§5.1)',
  (_role, make) => {
    for (const [name, of] of messages) {
      const driven = make();
      const outputs = driven.receive(1, of(8));
      expect(driven.summary, name).toMatch(/^follower t8 /);
      expect(persists(outputs), name).toMatch(/^t8 vote/);
      // The new term must be durable before the reply (Figure 2: "updated on stable storage before responding").
      expect(outputs.send, name).toEqual([]);
    }
  },
);

test('a new term begins without a vote, unless the message that starts it receives the vote (Figure 2, votedFor)', () => {
  for (const [name, of] of messages) {
    const driven = new DrivenCore({ terms: [1, 2], currentTerm: 3, votedFor: 2 });
    driven.receive(1, of(8));
    expect(driven.state.votedFor, name).toBe(name === 'RequestVote' ? 1 : null);
  }
});

test.each(roles)(
  'a %s refuses requests of an earlier term, replies with its own term, and keeps its role (§5.1)',
  (_role, make) => {
    const cases: ReadonlyArray<readonly [Message, reply: string]> = [
      [requestVote(1, 2, [9, 2]), '1 once durable: vote t3 refused'],
      [
        appendEntries({ term: 2, after: [2, 2], terms: [2] }),
        '1 once durable: refusal t3 of 2, conflict t0 from 0',
      ],
      [installSnapshot(2, [5, 2]), '1 once durable: snapshot ack t3 match 0'],
    ];
    for (const [message, reply] of cases) {
      const driven = make();
      const before = driven.summary;
      check(driven, message, { summary: before, said: [reply] });
    }
  },
);

test.each(roles)('a %s ignores replies of an earlier term (§5.1)', (_role, make) => {
  for (const message of [granted(2), notGranted(2), ack(2, 2), refusal(2, 2, [1, 1]), snapshotAck(2, 2)]) {
    const driven = make();
    const before = structuredClone(driven.state.standing);
    check(driven, message, { summary: driven.summary, said: [] });
    expect(driven.state.standing).toEqual(before);
  }
});

test('the term is persisted in the step that adopts it, and the reply that contains it waits (Figure 2, persistent state)', () => {
  const driven = new DrivenCore({ terms: [1, 2] });
  const outputs = driven.receive(1, requestVote(1, 5, [0, 0]));
  expect(persists(outputs)).toBe('t5 vote -');
  expect(said(outputs)).toEqual(['1 once durable: vote t5 refused']);
});

test('for any sequence of messages, the term never decreases, and the vote never changes within a term (§5.1, §5.2)', () => {
  const term = fc.integer({ min: 1, max: 5 });
  const input = fc.oneof(
    fc.tuple(fc.constantFrom(0, 1, 4, 6, 7), fc.integer({ min: 1, max: 4 }), term),
    fc.constant('tick' as const),
    fc.constant('persisted' as const),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
      const driven = new DrivenCore({ serverCount: 5 });
      const leaders = new Map<number, number>();
      for (const each of inputs) {
        const { currentTerm, votedFor } = driven.state;
        driven.now += 500;
        if (each === 'tick') driven.tick();
        else if (each === 'persisted') driven.persisted();
        else {
          const [place, from, ofTerm] = each;
          // Candidates, and one leader per term, that the other servers could be; every log matches an empty prefix.
          const isLeading = driven.state.standing.role === 'leader' && ofTerm === driven.state.currentTerm;
          if (place >= 4 && place <= 6 && (isLeading || (leaders.get(ofTerm) ?? from) !== from)) continue;
          leaders.set(ofTerm, from);
          const messagesFrom: Record<number, Message> = {
            0: requestVote(from, ofTerm),
            1: granted(ofTerm),
            4: appendEntries({ term: ofTerm, leaderId: from }),
            6: appendEntries({ term: ofTerm, leaderId: from, after: [3, 1] }),
            7: notGranted(ofTerm),
          };
          const message = messagesFrom[place];
          if (message !== undefined) driven.receive(from, message);
        }
        expect(driven.state.currentTerm).toBeGreaterThanOrEqual(currentTerm);
        if (driven.state.currentTerm === currentTerm && votedFor !== null) {
          expect(driven.state.votedFor).toBe(votedFor);
        }
      }
    }),
  );
});

test('a server follows the largest term, but an assertion stops it when it would start an election after it', () => {
  const driven = new DrivenCore({});
  check(driven, requestVote(1, Number.MAX_SAFE_INTEGER), {
    summary: `follower t${Number.MAX_SAFE_INTEGER} voted 1`,
    said: [`1 once durable: vote t${Number.MAX_SAFE_INTEGER} granted`],
  });
  expect(() => driven.tickAt(driven.follower.electionDeadline)).toThrow(AssertionError);
  expect(driven.state.currentTerm).toBe(Number.MAX_SAFE_INTEGER);
});

test('the term before the largest can still elect a leader', () => {
  const driven = new DrivenCore({ currentTerm: Number.MAX_SAFE_INTEGER - 1 });
  driven.campaign();
  check(driven, granted(Number.MAX_SAFE_INTEGER), {
    summary: `leader t${Number.MAX_SAFE_INTEGER}`,
    said: [],
  });
});
