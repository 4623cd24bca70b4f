// One simulated run: a mix is drawn from the seed, faults are inflicted while clients propose, then a majority is healed and must
// make progress. The first violation ends the run.
import { makeLabPeer } from '@raftlab/raft-core';
import { chainWorkload } from './service.ts';
import { SimulatedRun, type RunOptions } from './simulated-run.ts';
import type { SimulationReport } from './simulation-report.ts';

/** The workload is `chainWorkload` and `make` is `makeLabPeer`, unless others are given. */
export type SimulateOptions = Omit<RunOptions, 'workload' | 'make'> &
  Partial<Pick<RunOptions, 'workload' | 'make'>>;

/** Also resolves if a property is violated: then the report has the violation. */
export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  return new SimulatedRun({ workload: chainWorkload, make: makeLabPeer, ...options }).toEnd();
}
