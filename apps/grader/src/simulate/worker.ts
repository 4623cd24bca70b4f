// One simulated run in a worker thread. What comes back is data: a report's methods would not survive the way.
import { simulate, type MixOverrides, type SimulationReport, type Situation } from '@raftlab/test-harness';

export interface RunTask {
  readonly seed: number;
  readonly overrides: MixOverrides;
}

export interface RunResult extends Pick<
  SimulationReport,
  'seed' | 'events' | 'virtualMs' | 'traceHash' | 'network' | 'faultCounts' | 'violation'
> {
  readonly reached: ReadonlyMap<Situation, number>;
}

export async function runTask(task: RunTask): Promise<RunResult> {
  const { seed, events, virtualMs, traceHash, network, faultCounts, violation, reached } =
    await simulate(task);
  return { seed, events, virtualMs, traceHash, network, faultCounts, violation, reached: reached.counts };
}
