// The explorer with the production core: explorations within small bounds are complete, have no violation, and have known numbers
// of states. If a number changes, the core or the model around it has more or fewer behaviours: find the reason.
import { describe, expect, test } from 'vitest';
import { explore, exploreInSteps } from '#src/explore';
import { check } from './complete-exploration.ts';

describe('all states within small bounds are safe', () => {
  test('one term, one entry', () => check({ maxTerm: 1 }, 9_512, 19));

  test('two terms, one message at a time', () => check({ maxInFlight: 1 }, 18_295, 24));

  test('two terms, one message at a time, one crash', () =>
    check({ maxInFlight: 1, crashes: 1 }, 52_762, 26));

  test('two terms, one message at a time, snapshots', () =>
    check({ maxInFlight: 1, snapshots: 2 }, 51_703, 26));

  test('one term, duplicated deliveries', () => check({ maxTerm: 1, duplications: 2 }, 42_556, 19));

  test('two servers, two terms, two entries, three messages', () =>
    check({ serverCount: 2, maxEntries: 2, maxInFlight: 3 }, 23_018, 27));

  test('two voters and a learner, two terms, two messages', () => check({ learners: 1 }, 35_749, 28));

  test('two terms, one message at a time, noops instead of commands, a snapshot', () =>
    check({ maxInFlight: 1, maxEntries: 0, noops: true, snapshots: 1 }, 45_777, 26));

  test('two terms, one message at a time, pre-votes (thesis 9.6)', () =>
    check({ maxInFlight: 1, preVotes: true }, 74_410, 32));

  test('one term, two messages, pre-votes', () => check({ maxTerm: 1, preVotes: true }, 105_009, 25));

  test('four servers, one term, two messages', () => check({ serverCount: 4, maxTerm: 1 }, 23_705, 26));
});

test('an exploration reports its coverage', () => {
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

test('two explorations within the same bounds have the same result', () => {
  const bounds = { maxTerm: 1, maxEntries: 2 };
  expect(explore(bounds)).toEqual(explore(bounds));
});

test('an exploration that reached its maximum number of states is reported as incomplete', () => {
  const report = explore({}, { maxStates: 1_000 });
  expect(report.isComplete).toBe(false);
  expect(report.states).toBeGreaterThanOrEqual(1_000);
  expect(report.violation).toBeUndefined();
});

test('an exploration in steps reports its progress, and ends with the same report', () => {
  const bounds = { maxTerm: 1 };
  const steps = exploreInSteps(bounds);
  const first = steps.next();
  let last = first;
  while (last.done !== true) last = steps.next();
  expect(first).toMatchObject({ done: false });
  expect(first.value.states).toBeGreaterThan(4_096);
  expect(last.value).toEqual(explore(bounds));
});

test('an invalid bound is rejected with its name', () => {
  expect(() => explore({ maxTerm: -1 })).toThrow('maxTerm must be a whole number from 0 to 30; got -1.');
});

test('a log that is too long for the encoding of states is rejected', () => {
  expect(() => explore({ maxTerm: 20, maxEntries: 11, noops: true })).toThrow(
    'maxEntries and maxTerm allow a log of 31 entries, noops included; give bounds of 30 or less together.',
  );
});
