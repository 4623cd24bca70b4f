// One simulated run in a worker thread. What comes back is data: a report's methods would not survive the way.
import {
  allInvariants,
  referenceRelation,
  simulate,
  type MixOverrides,
  type SimulateOptions,
  type SimulationReport,
  type Situation,
} from '@raftlab/test-harness';

export interface RunTask {
  readonly seed: number;
  readonly overrides: MixOverrides;
  readonly hasReference: boolean;
}

export interface RunResult extends Pick<
  SimulationReport,
  'seed' | 'events' | 'virtualMs' | 'traceHash' | 'network' | 'faultCounts' | 'violation'
> {
  readonly reached: ReadonlyMap<Situation, number>;
}

export async function runTask(task: RunTask): Promise<RunResult> {
  const { seed, events, virtualMs, traceHash, network, faultCounts, violation, reached } = await simulate(
    optionsOf(task),
  );
  return { seed, events, virtualMs, traceHash, network, faultCounts, violation, reached: reached.counts };
}

/** Invariants have a memory of their own, so every run gets fresh ones. */
export function optionsOf({ seed, overrides, hasReference }: RunTask): SimulateOptions {
  const options = { seed, overrides };
  return hasReference ? { ...options, invariants: [...allInvariants(), referenceRelation()] } : options;
}
