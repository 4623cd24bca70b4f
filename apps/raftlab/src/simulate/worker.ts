// One simulated run in a worker thread. The result is plain data, since methods cannot cross threads.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import {
  simulate,
  type MixOverrides,
  type SimulateOptions,
  type SimulationReport,
  type Situation,
} from '@raftlab/simulation';
import { loadService } from './load-service.ts';
import { keepRecord, type SimulationRecordOrder } from './simulation-trace.ts';

export interface RunTask {
  readonly seed: number;
  readonly overrides: MixOverrides;
  readonly hasReference: boolean;
  /** The service on top of Raft: the path of its module as it was given, and the URL that every thread imports. */
  readonly service?: { readonly path: string; readonly url: string } | undefined;
  /** Without it the run is not recorded. */
  readonly order?: SimulationRecordOrder | undefined;
}

export interface RunResult extends Pick<
  SimulationReport,
  'seed' | 'events' | 'virtualMs' | 'traceHash' | 'network' | 'faultCounts' | 'violation'
> {
  readonly reached: ReadonlyMap<Situation, number>;
  /** The lines of the log, if one was ordered. */
  readonly log: readonly string[];
}

export async function runTask(task: RunTask): Promise<RunResult> {
  const { seed, order } = task;
  const report = await simulate({ ...(await optionsOf(task)), isRecorded: order !== undefined });
  const log = order === undefined ? [] : keepRecord(report, order);
  const { events, virtualMs, traceHash, network, faultCounts, violation, reached } = report;
  return {
    seed,
    events,
    virtualMs,
    traceHash,
    network,
    faultCounts,
    violation,
    reached: reached.counts,
    log,
  };
}

/** Invariants have state, so every run gets new ones. */
export async function optionsOf(task: Omit<RunTask, 'order'>): Promise<SimulateOptions> {
  const { seed, overrides, hasReference, service } = task;
  return {
    seed,
    overrides,
    ...(hasReference && { invariants: [...allInvariants(), referenceRelation()] }),
    ...(service !== undefined && (await loadService(service.url))),
  };
}
