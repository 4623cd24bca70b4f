// How one simulated run takes place: with our Raft, or with a user's code in its own thread.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import { simulate, type SimulateOptions, type SimulationReport } from '@raftlab/simulation';
import { keyValueName, type FailingRun } from './simulation-task.ts';

/** What differs between the runs of one task: the faults while it is shrunk, and whether it is recorded. */
export type Variation = Partial<Pick<SimulateOptions, 'seed' | 'overrides' | 'faults' | 'isRecorded'>>;

/** Runs a task once. */
export type Simulator = (task: FailingRun, variation?: Variation) => Promise<SimulationReport>;

/** Code of a user that a run uses. */
export type OwnCode = Pick<SimulateOptions, 'workload' | 'make' | 'outside'>;

/** Invariants have state, so every run gets new ones. */
export function simulateTask(
  { seed, overrides, hasReference, service }: FailingRun,
  variation: Variation = {},
  own: OwnCode = {},
): Promise<SimulationReport> {
  return simulate({
    seed,
    overrides,
    ...(service === keyValueName && { keyValue: {} }),
    ...(hasReference && { invariants: [...allInvariants(), referenceRelation()] }),
    ...own,
    ...variation,
  });
}

/** With our Raft and its own workload. */
export const simulateOurs: Simulator = (task, variation) => simulateTask(task, variation);
