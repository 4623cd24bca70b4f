// Grades three tests, of which the second loses a rejection, in virtual time and side by side in real time, and prints the results. A
// process of its own, since vitest handles the unhandled rejections of its processes. usage: node lost-rejection.mjs
import { raftTest } from '@raftlab/test-harness';
import { gradeSafely } from '../../dist/grade/grade-safely.js';
import { StrayErrors } from '../../dist/grade/stray-errors.js';

const test = (id, script) => raftTest({ id, part: '3A', title: id, servers: 3, script });
const quiet = test('TestQuiet3A', (cluster) => cluster.sleep(30));
const loser = test('TestLoses3A', async (cluster) => {
  void Promise.reject(new RangeError('nobody waits for this'));
  await cluster.sleep(20);
});

function graderIn(mode) {
  const strayErrors = new StrayErrors({ areTestsSideBySide: mode === 'real' });
  return async (each) => {
    const report = await gradeSafely(each, { mode, seed: 7, isRecorded: true }, strayErrors);
    const { id, seed, failure = null, record } = report;
    return { id, seed, failure, lastEvent: record?.events.at(-1) };
  };
}

const tests = [quiet, loser, quiet];
const virtual = [];
for (const each of tests) virtual.push(await graderIn('virtual')(each));
const real = await Promise.all(tests.map(graderIn('real')));
console.log(JSON.stringify({ virtual, real }));
