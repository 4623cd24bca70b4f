// One simulated run and its result as plain data, so that the run can take place in any thread.
import type { MixOverrides, SimulationReport, Situation } from '@raftlab/simulation';
import type { ModuleInThread } from '../grade/foreign/learner-module.ts';
import type { SimulationRecordOrder } from './simulation-trace.ts';

/** The service on top of Raft: ours, or a user's. */
export type ServiceChoice = typeof keyValueName | UserService;

/** The module of a user's service. */
export interface UserService {
  /** As it was given. */
  readonly path: string;
  /** Every thread imports it. */
  readonly url: string;
  /** The absolute paths of its source files. */
  readonly sources: readonly string[];
}

/** The name of our key/value service. A module of that name is `./kv`. */
export const keyValueName = 'kv';

/** The service as the command line names it. */
export function serviceName(service: ServiceChoice): string {
  return service === keyValueName ? keyValueName : service.path;
}

export interface RunTask {
  readonly seed: number;
  readonly overrides: MixOverrides;
  readonly hasReference: boolean;
  readonly service?: ServiceChoice | undefined;
  /** A learner's Raft, which is simulated from outside: the path of its module as it was given, and its form for threads. */
  readonly raft?: { readonly path: string; readonly module: ModuleInThread } | undefined;
  /** Without it the run is not recorded. */
  readonly order?: SimulationRecordOrder | undefined;
}

/** A run that is repeated to be shrunk. */
export type FailingRun = Omit<RunTask, 'order'>;

export interface RunResult extends Pick<
  SimulationReport,
  'seed' | 'events' | 'virtualMs' | 'traceHash' | 'network' | 'faultCounts' | 'operations' | 'violation'
> {
  readonly reached: ReadonlyMap<Situation, number>;
  /** The lines of the log, if one was requested. */
  readonly log: readonly string[];
}
