// One simulated run: a mix is drawn from the seed, faults are inflicted while clients propose, then a majority is healed and must
// make progress. The first violation ends the run.
import { makeLabPeer } from '@raftlab/raft-core';
import { SimulatedRun, type RunOptions } from './simulated-run.ts';
import type { SimulationReport } from './simulation-report.ts';

/** `make` is `makeLabPeer` unless another is given. */
export type SimulateOptions = Omit<RunOptions, 'make'> & Partial<Pick<RunOptions, 'make'>>;

/** Also resolves if a property is violated: then the report has the violation. */
export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  return new SimulatedRun({ make: makeLabPeer, ...options }).toEnd();
}
