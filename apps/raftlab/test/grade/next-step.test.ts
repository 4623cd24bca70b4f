// After all tests of Lab 3 the output names the simulation.
import { nextStepLine } from '#src/grade/next-step';
import { allTests, defaultTests } from '#src/grade/suites';
import { expect, test } from 'vitest';

const shard = { index: 1, count: 1 };
const implementation = { path: './raft.ts', timeLimitSeconds: 300, isOnOurRaft: false };
const next = ['next         npm run simulate -- --impl ./raft.ts    # crashes and losses at any moment'];

test.each([
  ['all tests of Lab 3 with a Raft of its own', { implementation, tests: defaultTests, shard }, next],
  ['all tests of all labs', { implementation, tests: allTests, shard }, next],
  ['a part', { implementation, tests: defaultTests.slice(1), shard }, []],
  ['our Raft', { tests: defaultTests, shard }, []],
  [
    'a service on our Raft',
    { implementation: { ...implementation, isOnOurRaft: true }, tests: allTests, shard },
    [],
  ],
  ['one of several shards', { implementation, tests: defaultTests, shard: { index: 2, count: 3 } }, []],
])('after %s: %#', (_what, request, lines) => {
  expect(nextStepLine(request)).toEqual(lines);
});
