// The computation of majorities compared with definitions that count and sort (an optimised quorum structure of another Raft
// once committed without a quorum), and invalid memberships.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { CodecError, valueCodec } from '@raftlab/rpc';
import { Membership, membershipCodec } from '@raftlab/protocol';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const serverIds = (minLength: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.nat(0xffff), { minLength, maxLength: 9 });

/** Ids in random order; the first is a voter, some of the others are learners. */
const memberships: fc.Arbitrary<Membership> = fc.tuple(serverIds(1), fc.nat(8)).map(([ids, learnerCount]) => {
  const voterCount = Math.max(1, ids.length - learnerCount);
  return new Membership(ids.slice(0, voterCount), ids.slice(voterCount));
});

describe('a quorum', () => {
  function check(voterCount: number, quorumSize: number): void {
    const membership = Membership.ofSize(voterCount);
    const first = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, id) => id));
    expect(membership.isQuorum(first(quorumSize)), `${quorumSize} of ${voterCount}`).toBe(true);
    expect(membership.isQuorum(first(quorumSize - 1)), `${quorumSize - 1} of ${voterCount}`).toBe(false);
  }

  test('is more than half of the voters (§5.2)', () => {
    check(1, 1);
    check(2, 2);
    check(3, 2);
    check(4, 3);
    check(5, 3);
    check(6, 4);
    check(7, 4);
  });

  test('always shares a voter with every other quorum of the same members (§5.2)', () => {
    const choice = fc.array(fc.boolean(), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(memberships, choice, choice, (membership, firstChoice, secondChoice) => {
        const voters = [...membership.voters];
        const [first, second] = [firstChoice, secondChoice].map(
          (chosen) => new Set(voters.filter((_, offset) => chosen[offset])),
        );
        fc.pre(first !== undefined && membership.isQuorum(first));
        fc.pre(second !== undefined && membership.isQuorum(second));
        expect(voters.some((voter) => first.has(voter) && second.has(voter))).toBe(true);
      }),
    );
  });

  test('counts no learner and no server that is not a member (thesis 4.2.1)', () => {
    const membership = new Membership([0, 1, 2], [3, 4]);
    expect(membership.isQuorum(new Set([0, 3, 4, 9]))).toBe(false);
    expect(membership.isQuorum(new Set([0, 2]))).toBe(true);
  });
});

describe('the value that a quorum has reached', () => {
  test('is one that a majority of the voters has reached, and the highest such value (§5.3, §5.4)', () => {
    const value = fc.oneof(fc.nat(20), fc.nat(), fc.maxSafeNat(), fc.double({ noNaN: true, min: 0 }));
    fc.assert(
      fc.property(memberships, fc.array(value, { minLength: 9, maxLength: 9 }), (membership, values) => {
        const voters = [...membership.voters];
        const reached = new Map(voters.map((voter, offset) => [voter, values[offset] ?? 0]));
        // The middle value in descending order.
        const expected = [...reached.values()].toSorted((a, b) => b - a)[Math.floor(voters.length / 2)];
        expect(membership.quorumValue((voter) => reached.get(voter) ?? NaN)).toBe(expected);
      }),
    );
  });

  test('compares values as numbers, not as text', () => {
    const membership = Membership.ofSize(3);
    expect(membership.quorumValue((voter) => [9, 10, 100][voter] ?? 0)).toBe(10);
    expect(membership.quorumValue((voter) => [2, 10, 1][voter] ?? 0)).toBe(2);
  });

  test('reads the values of voters only (thesis 4.2.1)', () => {
    const asked: number[] = [];
    new Membership([7, 3], [5]).quorumValue((voter) => asked.push(voter));
    expect(asked).toEqual([3, 7]);
  });
});

describe('the members', () => {
  test('are in ascending order, for any order of the arguments', () => {
    const membership = new Membership([12, 3, 7], [9, 1]);
    expect([...membership.voters]).toEqual([3, 7, 12]);
    expect([...membership.learners]).toEqual([1, 9]);
    expect(membership.others(7)).toEqual([1, 3, 9, 12]);
    expect(membership.members).toEqual([1, 3, 7, 9, 12]);
    expect(membership.describe()).toBe('voters 3, 7, 12; learners 1, 9');
  });

  test('are the voters and the learners', () => {
    const membership = new Membership([3, 7], [9]);
    expect([3, 7, 9, 0].map((server) => membership.has(server))).toEqual([true, true, true, false]);
  });

  test('of a given size are numbered from 0', () => {
    expect(Membership.ofSize(3).describe()).toBe('voters 0, 1, 2');
  });
});

const thousandAndOne = Array.from({ length: 1001 }, (_, id) => id);
const refused: readonly [why: string, voters: readonly number[], learners: readonly number[]][] = [
  ['a membership needs at least one voter, got none', [], [1]],
  ['server 2 is listed twice among the members', [1, 2, 2], []],
  ['server 2 is listed twice among the members', [1, 2], [2]],
  ['a server id is an integer from 0 to 65,535, got -1', [0, -1], []],
  ['a server id is an integer from 0 to 65,535, got 1.5', [0], [1.5]],
  ['a server id is an integer from 0 to 65,535, got 65536', [0x1_0000], []],
  ['a membership has at most 1000 members, got 1001', thousandAndOne, []],
];

describe('an invalid membership is rejected', () => {
  test.each(refused)('by the constructor: %s', (why, voters, learners) => {
    expect(() => new Membership(voters, learners)).toThrow(new RangeError(why));
  });

  test.each(refused)('from bytes: %s', (_why, voters, learners) => {
    const bytes = valueCodec('values', z.unknown()).encode([voters, learners]);
    expect(() => membershipCodec.decode(bytes)).toThrow(CodecError);
  });
});

test('a membership is unchanged after encoding and decoding', () => {
  fc.assert(
    fc.property(memberships, (membership) => {
      expect(membershipCodec.decode(membershipCodec.encode(membership))).toEqual(membership);
    }),
  );
});
