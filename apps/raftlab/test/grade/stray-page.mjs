// Grades a Raft with an uncaught error, once in a rejection and once in a timer, as the command line grades ours, and prints the outputs.
// The pages of failures are in the folders rejection and timer. A process of its own, since vitest handles the unhandled rejections of
// its processes. usage: node stray-page.mjs <folder>
import { join } from 'node:path';
import { lab3, raftlab } from '@raftlab/test-harness';
import { gradeSafely } from '../../dist/grade/grade-safely.js';
import { grade } from '../../dist/grade/grade.js';
import { StrayErrors } from '../../dist/grade/stray-errors.js';

const [parent] = process.argv.slice(2);
const strays = {
  rejection: () => void Promise.reject(new RangeError('nobody catches this')),
  timer() {
    throw new RangeError('nobody catches this');
  },
};
const implementationWith = (stray) => ({
  ...raftlab,
  make(environment) {
    environment.clock.setTimer(300, stray);
    return raftlab.make(environment);
  },
});
const strayErrors = new StrayErrors({ areTestsSideBySide: false });
const command = {
  tests: lab3.tests.slice(0, 1),
  mode: 'virtual',
  storage: 'memory',
  seed: 7,
  runs: 1,
  shard: { index: 1, count: 1 },
  jobs: 1,
  comparesWithLab: false,
  reporters: [{ name: 'lab' }],
};

async function outputWith(stray, folder) {
  const implementation = implementationWith(stray);
  let output = '';
  await grade(
    { ...command, trace: { folder, isOff: false } },
    {
      terminal: { out: (text) => void (output += text), error: () => undefined },
      signal: new AbortController().signal,
      runner: {
        grade: ({ test, seed, recording }) =>
          gradeSafely(
            test,
            { mode: 'virtual', seed, implementation, isRecorded: recording !== 'none' },
            strayErrors,
          ),
        close: () => Promise.resolve(),
      },
    },
  );
  return output;
}

const outputs = {};
for (const [how, stray] of Object.entries(strays)) outputs[how] = await outputWith(stray, join(parent, how));
console.log(JSON.stringify(outputs));
