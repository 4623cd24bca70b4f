// Where a long series of runs stands: on a terminal a line that changes, elsewhere a line now and then.
import { SystemClock } from '@raftlab/runtime';
import ora from 'ora';
import { formatDuration } from './duration.ts';
import type { Tally } from './tally.ts';

export interface Progress {
  /** Called after every test. `run` counts from 0. */
  update(run: number, tally: Pick<Tally, 'passed' | 'failed'>): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly runs: number;
  readonly testCount: number;
  readonly stream: NodeJS.WriteStream;
}

export const noProgress: Progress = { update() {}, stop() {} };

/** Writing the line anew for every test would cost more than short tests. */
const updateIntervalMs = 100;

export function openProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? spinner(options) : plainLines(options);
}

/** Prints that go to the terminal meanwhile are put above the spinner by ora. */
function spinner({ runs, stream }: ProgressOptions): Progress {
  const clock = new SystemClock();
  const startedAt = clock.now();
  // Standard input stays as it is: Ctrl-C must be a signal.
  const line = ora({ stream, discardStdin: false, text: `run 1 of ${runs}` }).start();
  let updatedAt = startedAt;
  return {
    update(run, { passed, failed }) {
      const now = clock.now();
      if (now - updatedAt < updateIntervalMs) return;
      updatedAt = now;
      line.text = `run ${run + 1} of ${runs}: ${passed} passed, ${failed} failed, ${formatDuration(now - startedAt)}`;
    },
    stop() {
      line.stop();
    },
  };
}

/** A line per tenth of the runs, the last excepted: then the summary follows. Without times, so that logs compare. */
function plainLines({ runs, testCount, stream }: ProgressOptions): Progress {
  let tenths = 0;
  return {
    update(run, { passed, failed }) {
      const runsDone = passed + failed === (run + 1) * testCount ? run + 1 : run;
      const tenthsDone = Math.floor((runsDone * 10) / runs);
      if (tenthsDone === tenths) return;
      tenths = tenthsDone;
      if (runsDone < runs) stream.write(`run ${runsDone} of ${runs}: ${passed} passed, ${failed} failed\n`);
    },
    stop() {},
  };
}
