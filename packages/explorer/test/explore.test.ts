// The explorer over the production core: small bounds are complete, without a violation, with known numbers of states. A
// change of a number means that the core, or the model around it, can do more or less than before: find out which.
import { describe, expect, test } from 'vitest';
import type { ExplorerBounds } from '#src/bounds';
import { explore, exploreInSteps } from '#src/explore';

function check(bounds: Partial<ExplorerBounds>, states: number, depth: number): void {
  const report = explore(bounds);
  expect(report.violation).toBeUndefined();
  expect(report).toMatchObject({ isComplete: true, states, depth });
}

describe('everything within small bounds is safe', () => {
  test('one term, one entry', () => check({ maxTerm: 1 }, 8_985, 20));

  test('two terms, one message at a time', () => check({ maxInFlight: 1 }, 12_834, 21));

  test('two terms, one message at a time, one crash', () =>
    check({ maxInFlight: 1, crashes: 1 }, 38_177, 23));

  test('two terms, one message at a time, snapshots', () =>
    check({ maxInFlight: 1, snapshots: 2 }, 49_706, 25));

  test('one term, duplicated deliveries', () => check({ maxTerm: 1, duplications: 2 }, 43_077, 22));

  test('two servers, two terms, two entries, three messages', () =>
    check({ serverCount: 2, maxEntries: 2, maxInFlight: 3 }, 61_072, 31));

  test('two voters and a learner, two terms, two messages', () => check({ learners: 1 }, 33_418, 26));

  test('two terms, one message at a time, noops in the place of commands, a snapshot', () =>
    check({ maxInFlight: 1, maxEntries: 0, noops: true, snapshots: 1 }, 62_966, 25));

  test('four servers, one term, two messages', () => check({ serverCount: 4, maxTerm: 1 }, 20_131, 26));
});

test('an exploration tells what it met', () => {
  expect(explore({ maxInFlight: 1, snapshots: 1 })).toMatchObject({
    mostChosen: 1,
    messageKinds: [
      'appendEntries',
      'appendEntriesReply',
      'installSnapshot',
      'installSnapshotReply',
      'requestVote',
      'requestVoteReply',
    ],
  });
});

test('two explorations within the same bounds are the same', () => {
  const bounds = { maxTerm: 1, maxEntries: 2 };
  expect(explore(bounds)).toEqual(explore(bounds));
});

test('an exploration that reached its number of states says that it is incomplete', () => {
  const report = explore({}, { maxStates: 1_000 });
  expect(report.isComplete).toBe(false);
  expect(report.states).toBeGreaterThanOrEqual(1_000);
  expect(report.violation).toBeUndefined();
});

test('an exploration in steps tells how far it is, and ends with the same report', () => {
  const bounds = { maxTerm: 1 };
  const steps = exploreInSteps(bounds);
  const first = steps.next();
  let last = first;
  while (last.done !== true) last = steps.next();
  expect(first).toMatchObject({ done: false });
  expect(first.value.states).toBeGreaterThan(4_096);
  expect(last.value).toEqual(explore(bounds));
});

test('a bound that makes no sense is named', () => {
  expect(() => explore({ maxTerm: -1 })).toThrow('maxTerm must be a whole number from 0 to 30; got -1.');
});

test('a log that is too long for the encoding of states is refused', () => {
  expect(() => explore({ maxTerm: 20, maxEntries: 11, noops: true })).toThrow(
    'maxEntries and maxTerm allow a log of 31 entries, noops included; give bounds of 30 or less together.',
  );
});
