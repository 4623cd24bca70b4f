// The last lines of a run. All but the `time` line depend on tests and seed alone.
import type { TimeMode } from '@raftlab/test-harness';
import type { Colors } from 'picocolors/types.js';
import { formatDuration } from './duration.ts';
import type { Tally } from './tally.ts';

export interface SummaryFacts {
  readonly mode: TimeMode;
  readonly seed: number;
  readonly runs: number;
  /** Tests times runs. */
  readonly taskCount: number;
  readonly realMs: number;
  /** Of all threads. */
  readonly cpuMs: number;
}

export function summaryLines(
  tally: Pick<Tally, 'passed' | 'failed' | 'finished' | 'clockMs' | 'traceHash'>,
  facts: SummaryFacts,
  colors: Colors,
): readonly string[] {
  const { mode, seed, runs, taskCount, realMs, cpuMs } = facts;
  const isComplete = tally.finished === taskCount;
  const passed = `${tally.passed} passed`;
  const failed = `${tally.failed} failed`;
  return [
    '',
    `${tally.passed > 0 ? colors.green(passed) : passed}, ${tally.failed > 0 ? colors.red(failed) : failed}`,
    ...(isComplete
      ? []
      : [colors.yellow(`interrupted: ${taskCount - tally.finished} of ${taskCount} not finished`)]),
    mode === 'virtual'
      ? `virtual time  ${formatDuration(tally.clockMs)}`
      : `tests' time   ${formatDuration(tally.clockMs)}`,
    `seed          ${seed}${runs > 1 ? ` to ${seed + runs - 1}` : ''}`,
    // In real time, and of a part of a run, the hash would be another one each time.
    ...(mode === 'virtual' && isComplete ? [`trace hash    ${tally.traceHash()}`] : []),
    `time          ${(realMs / 1000).toFixed(2)} s real, ${(cpuMs / 1000).toFixed(2)} s CPU`,
  ];
}
