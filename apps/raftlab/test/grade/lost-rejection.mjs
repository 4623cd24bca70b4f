// Grades three tests side by side, of which the second loses a rejection, and prints how each came out. A process of its
// own, since vitest claims the unhandled rejections of its own. usage: node lost-rejection.mjs virtual|real
import { raftTest } from '@raftlab/test-harness';
import { gradeSafely } from '../../dist/grade/grade-safely.js';
import { StrayErrors } from '../../dist/grade/stray-errors.js';

const mode = process.argv[2];
const test = (id, script) => raftTest({ id, part: '3A', title: id, servers: 3, script });
const quiet = test('TestQuiet3A', (cluster) => cluster.sleep(30));
const loser = test('TestLoses3A', async (cluster) => {
  void Promise.reject(new RangeError('nobody waits for this'));
  await cluster.sleep(20);
});

const strayErrors = new StrayErrors({ areTestsSideBySide: mode === 'real' });
const grade = (each) => gradeSafely(each, { mode, seed: 7, isRecorded: true }, strayErrors);
const reports = [];
if (mode === 'real') reports.push(...(await Promise.all([quiet, loser, quiet].map(grade))));
else for (const each of [quiet, loser, quiet]) reports.push(await grade(each));
console.log(
  JSON.stringify(
    reports.map(({ id, seed, failure, record }) => ({ id, seed, failure, lastEvent: record?.events.at(-1) })),
  ),
);
