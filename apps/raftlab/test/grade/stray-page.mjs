// Grades a Raft from which an error strays, as the command line grades ours, with the pages of failures in a folder. A process
// of its own, since vitest claims the unhandled rejections of its own. usage: node stray-page.mjs rejection|timer <folder>
import { lab3, raftlab } from '@raftlab/test-harness';
import { gradeSafely } from '../../dist/grade/grade-safely.js';
import { grade } from '../../dist/grade/grade.js';
import { StrayErrors } from '../../dist/grade/stray-errors.js';

const [how, folder] = process.argv.slice(2);
const stray = () => {
  if (how === 'timer') throw new RangeError('nobody catches this');
  void Promise.reject(new RangeError('nobody catches this'));
};
const implementation = {
  ...raftlab,
  make(environment) {
    environment.clock.setTimer(300, stray);
    return raftlab.make(environment);
  },
};
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
  trace: { folder, isOff: false },
};
await grade(command, {
  terminal: { out: (text) => void process.stdout.write(text), error: () => undefined },
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
});
