// Which failures are in one group: equal causes differ only in random values.
import { causeOf } from '#src/cause-of';
import { FailureGroups } from '#src/grade/reporters/failure-groups';
import { expect, test } from 'vitest';

test.each([
  ['numbers', 'one(100) failed to reach agreement', 'one(N) failed to reach agreement'],
  ['fractions', 'no leader at 312.055 ms', 'no leader at N ms'],
  ['lists of any length', 'servers 0, 2, 4 disagree', 'servers N, … disagree'],
  ['fingerprints', 'trace 882effbd7c49961f differs', 'trace N differs'],
  ['long commands', `index 3, "${'aX'.repeat(30)}", "b"`, 'index N, "…", "b"'],
  ['truncated commands', `index 3, "${'aX'.repeat(30)}…, 4`, 'index N, "…", N'],
  [
    'all lines but the first',
    'expected one leader, got none\nserver 0 is silent',
    'expected one leader, got none',
  ],
])('%s are left out', (_name, message, cause) => {
  expect(causeOf({ kind: 'TestFailure', message })).toBe(cause);
});

test('names, and locations in files, are kept', () => {
  const message = 'server 2 threw: no "entries" (my-raft2.ts:118:7)';
  expect(causeOf({ kind: 'ImplementationFault', message })).toBe(
    'ImplementationFault: server N threw: no "entries" (my-raft2.ts:118:7)',
  );
});

test('groups have their count and first seeds; the most frequent comes first', () => {
  const groups = new FailureGroups();
  const failure = { kind: 'TestFailure', step: '', atMs: 0, recentEvents: [] };
  groups.add({ id: 'TestA3A', seed: 4, traceHash: 'a4' }, { ...failure, message: 'rare' });
  for (let seed = 4; seed < 11; seed += 1)
    groups.add({ id: 'TestB3B', seed, traceHash: `b${seed}` }, { ...failure, message: `at ${seed}` });
  groups.add({ id: 'TestA3A', seed: 5, traceHash: 'a5' }, { ...failure, message: 'at 5' });
  expect(groups.list()).toEqual([
    { id: 'TestB3B', cause: 'at N', count: 7, firstSeed: 4, firstTraceHash: 'b4', seeds: [4, 5, 6, 7, 8] },
    { id: 'TestA3A', cause: 'rare', count: 1, firstSeed: 4, firstTraceHash: 'a4', seeds: [4] },
    { id: 'TestA3A', cause: 'at N', count: 1, firstSeed: 5, firstTraceHash: 'a5', seeds: [5] },
  ]);
});
