// §5.4: who may be elected, and what may be committed: the two rules that keep committed entries.
/* oxlint-disable vitest/expect-expect -- check() expects */
import type { Outputs } from '@raftlab/raft-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  granted,
  leaderOf,
  replicatingLeaderOf,
  requestVote,
  said,
  type Given,
} from '../driven-core.ts';

/** Whether a server with this log, in term 5, grants its vote to a candidate whose log ends with `last` (index, term). */
function check(given: Given, last: readonly [number, number], voteGranted: boolean): void {
  for (const term of [5, 6]) {
    const driven = new DrivenCore({ currentTerm: 5, ...given });
    expect(said(driven.receive(1, requestVote(1, term, last)))).toEqual([
      `1 once durable: vote t${term} ${voteGranted ? 'granted' : 'refused'}`,
    ]);
    expect(driven.state.votedFor).toBe(voteGranted ? 1 : null);
  }
}

// ---- 5.4.1, election restriction ----

test('a vote is granted to a candidate whose log has the same length and last term (§5.4.1)', () => {
  check({}, [0, 0], true);
  check({ terms: [1, 2] }, [2, 2], true);
});

test('a vote is granted to a candidate whose last entry has a later term, even if its log is shorter (§5.4.1)', () => {
  check({ terms: [1, 2, 2] }, [1, 3], true);
  check({ terms: [1, 1, 1, 1] }, [1, 2], true);
  check({}, [1, 1], true);
});

test('a vote is granted to a candidate with a longer log of the same last term (§5.4.1)', () => {
  check({ terms: [1, 2] }, [3, 2], true);
});

test('no vote is granted to a candidate whose last entry has an earlier term, even if its log is longer (§5.4.1)', () => {
  check({ terms: [1, 2] }, [9, 1], false);
  check({ terms: [1, 2] }, [2, 1], false);
  check({ terms: [1] }, [0, 0], false);
});

test('no vote is granted to a candidate with a shorter log of the same last term (§5.4.1)', () => {
  check({ terms: [1, 2, 2] }, [2, 2], false);
});

test('the comparison of a compacted log includes the entries that the snapshot covers (§5.4.1, §7)', () => {
  check({ snapshot: [4, 2] }, [4, 2], true);
  check({ snapshot: [4, 2] }, [3, 2], false);
  check({ snapshot: [4, 2] }, [5, 1], false);
  check({ snapshot: [4, 2], terms: [2] }, [4, 2], false);
  check({ snapshot: [4, 2], terms: [2] }, [5, 2], true);
});

test('up-to-date is a total order: of two servers, at least one grants its vote to the other (§5.4.1)', () => {
  const terms = fc
    .array(fc.integer({ min: 1, max: 3 }), { maxLength: 5 })
    .map((list) => list.toSorted((a, b) => a - b));
  const votes = (voter: readonly number[], candidate: readonly number[]): boolean => {
    const driven = new DrivenCore({ terms: voter });
    driven.receive(1, requestVote(1, 9, [candidate.length, candidate.at(-1) ?? 0]));
    return driven.state.votedFor === 1;
  };
  fc.assert(
    fc.property(terms, terms, (one, other) => {
      const isEqual = one.length === other.length && one.at(-1) === other.at(-1);
      expect([votes(one, other), votes(other, one)].filter(Boolean)).toHaveLength(isEqual ? 2 : 1);
    }),
  );
});

test('a candidate sends the index and term of its last entry, even if a snapshot covers it (§5.4.1)', () => {
  const driven = new DrivenCore({ snapshot: [4, 2] });
  expect(said(driven.campaign())[0]).toBe('1 once durable: RequestVote t3 last 4/2');
});

// ---- 5.4.2, committing entries ----

/** Proposes one command, and acknowledges it by the leader's own disk and these followers. */
function replicate(driven: DrivenCore, followers: readonly number[], isDurable = true): Outputs[] {
  const outputs = [driven.propose(9)];
  const { currentTerm, log } = driven.state;
  if (isDurable) outputs.push(driven.persisted());
  for (const from of followers) outputs.push(driven.receive(from, ack(currentTerm, log.lastIndex)));
  return outputs;
}

test.each([
  [3, [1], true],
  [3, [], false],
  [4, [1], false],
  [4, [1, 2], true],
  [5, [1], false],
  [5, [1, 3], true],
  [2, [1], true],
  [2, [], false],
  [1, [], true],
])(
  'of %i servers, the leader and the followers %j commit an entry: %s (Figure 2, Leaders 4)',
  (serverCount, followers, isCommitted) => {
    const driven = replicatingLeaderOf({ serverCount });
    replicate(driven, followers);
    expect(driven.state.commitIndex).toBe(isCommitted ? 1 : 0);
  },
);

test('one follower does not count twice (Figure 2, Leaders 4)', () => {
  const driven = replicatingLeaderOf({ serverCount: 5 });
  replicate(driven, [1, 1, 1]);
  expect(driven.state.commitIndex).toBe(0);
});

test("the leader's own copy counts only when it is durable (thesis 10.2.1)", () => {
  const driven = replicatingLeaderOf({});
  replicate(driven, [1], false);
  expect(driven.state.commitIndex).toBe(0);
  expect(applies(driven.persisted())).toBe('1');
});

test("a majority of followers commits without the leader's disk (thesis 10.2.1)", () => {
  const driven = replicatingLeaderOf({});
  replicate(driven, [1, 2], false);
  expect(driven.state.commitIndex).toBe(1);
  expect(applies(driven.persisted())).toBe('');
});

test('a cluster of one commits an entry when it is durable, and not before (thesis 10.2.1)', () => {
  const driven = leaderOf({ serverCount: 1 });
  expect(applies(driven.propose(1))).toBe('');
  expect(driven.state.commitIndex).toBe(0);
  expect(applies(driven.persisted())).toBe('1');
});

test('a durable point with an entry of another term does not count for this log (thesis 10.2.1)', () => {
  // Index 2 was written in term 1 and overwritten in term 2, and the durable point of the first write arrives last.
  const driven = new DrivenCore({ terms: [1, 1] });
  driven.receive(1, appendEntries({ term: 2, after: [1, 1], terms: [2] }));
  driven.campaign();
  driven.receive(1, granted(3));
  driven.tick();
  driven.propose(8);
  driven.receive(1, ack(3, 3));
  driven.step({ kind: 'persisted', currentTerm: 3, lastLogIndex: 3, lastLogTerm: 1 });
  driven.step({ kind: 'persisted', currentTerm: 3, lastLogIndex: 3, lastLogTerm: 2 });
  expect([driven.leader.durableIndex, driven.state.commitIndex]).toEqual([2, 0]);
  // A point beyond the end, or below the known one, does not count either.
  driven.step({ kind: 'persisted', currentTerm: 3, lastLogIndex: 4, lastLogTerm: 3 });
  driven.step({ kind: 'persisted', currentTerm: 3, lastLogIndex: 1, lastLogTerm: 1 });
  expect(driven.leader.durableIndex).toBe(2);
  driven.persisted();
  expect([driven.leader.durableIndex, driven.state.commitIndex]).toEqual([3, 3]);
});

test('a durable write of a follower or candidate commits nothing (§5.3)', () => {
  const follower = new DrivenCore({ terms: [1, 1], serverCount: 1 });
  follower.persisted();
  expect(follower.summary).toBe('follower t1 voted -: 1 1 | commit 0');
});

test('no entry of an earlier term is committed by counting replicas (§5.4.2, Figure 8)', () => {
  const driven = leaderOf({ terms: [1, 2], currentTerm: 3 });
  driven.tick();
  for (const from of [1, 2]) driven.receive(from, ack(4, 2));
  driven.persisted();
  expect(driven.summary).toBe('leader t4 voted 0: 1 2 | commit 0');
});

test("an entry of the leader's own term commits all entries before it (§5.4.2, Figure 8)", () => {
  const driven = leaderOf({ terms: [1, 2], currentTerm: 3 });
  driven.tick();
  driven.receive(1, ack(4, 2));
  expect(replicate(driven, [1]).map(applies).join('')).toBe('1 2 3');
  expect(driven.summary).toBe('leader t4 voted 0: 1 2 4 | commit 3');
});

test('the run of Figure 8: an entry of term 2 on a majority is not committed by the leader of term 4, and can be overwritten', () => {
  // (a), (c): S1 wrote index 2 in term 2, is elected leader of term 4, and replicates that entry to S2 and S3.
  const s1 = leaderOf({ terms: [1, 2], currentTerm: 3, serverCount: 5 });
  s1.tick();
  s1.propose(4);
  s1.persisted();
  for (const from of [1, 2]) s1.receive(from, ack(4, 2));
  expect(s1.summary).toBe('leader t4 voted 0: 1 2 4 | commit 0');
  // (d): S5, with an entry of term 3 at index 2, is elected in term 5 and overwrites it.
  s1.receive(4, requestVote(4, 5, [2, 3]));
  s1.receive(4, appendEntries({ term: 5, leaderId: 4, after: [1, 1], terms: [3, 5] }));
  expect(s1.logText).toBe('1 3 5');
});

test('the other run of Figure 8: the leader of term 4 commits its own entry, and no server without it is elected', () => {
  const s1 = leaderOf({ terms: [1, 2], currentTerm: 3, serverCount: 5 });
  s1.tick();
  s1.propose(4);
  s1.persisted();
  for (const from of [1, 2]) s1.receive(from, ack(4, 3));
  expect(s1.summary).toBe('leader t4 voted 0: 1 2 4 | commit 3');
  expect(said(s1.receive(4, requestVote(4, 5, [2, 3])))).toEqual(['4 once durable: vote t5 refused']);
});

test('for any acknowledgements, a committed entry is on a majority and has the current term (Figure 2, Leaders 4)', () => {
  const step = fc.oneof(
    fc.record({ from: fc.integer({ min: 1, max: 4 }), match: fc.nat(10) }),
    fc.constantFrom('propose' as const, 'persisted' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const driven = leaderOf({ terms: [1, 1, 2], serverCount: 5 });
      driven.tick();
      const matched = [0, 0, 0, 0];
      for (const each of steps) {
        if (each === 'propose') driven.propose(1);
        else if (each === 'persisted') driven.persisted();
        else {
          const match = Math.min(each.match, driven.state.log.lastIndex);
          matched[each.from - 1] = Math.max(matched[each.from - 1] ?? 0, match);
          driven.receive(each.from, ack(3, match));
        }
        const { commitIndex, log } = driven.state;
        // An oracle that tries every index.
        const durable = driven.leader.durableIndex;
        let expected = 0;
        for (let index = 1; index <= log.lastIndex; index += 1) {
          const holders = [durable, ...matched].filter((reached) => reached >= index).length;
          if (holders >= 3 && log.termAt(index) === 3) expected = index;
        }
        expect(commitIndex).toBe(expected);
      }
    }),
  );
});

test('a committed entry is applied exactly once, and in order (Figure 2, All Servers 1)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1, 2, 3);
  driven.persisted();
  const applied = [ack(1, 1), ack(1, 1), ack(1, 3), ack(1, 2)].map((message) =>
    applies(driven.receive(1, message)),
  );
  expect(applied).toEqual(['1', '', '2 3', '']);
  expect(driven.state.lastApplied).toBe(3);
});
