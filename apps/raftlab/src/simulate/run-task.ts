// One simulated run as plain data, so that it can run in any thread.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import {
  simulate,
  type MixOverrides,
  type SimulatedService,
  type SimulateOptions,
  type SimulationReport,
  type Situation,
} from '@raftlab/simulation';
import { loadService } from './load-service.ts';
import { keepRecord, type SimulationRecordOrder } from './simulation-trace.ts';

/** The service on top of Raft: ours, or the path of a module as it was given, and the URL that every thread imports. */
export type ServiceChoice = typeof keyValueName | { readonly path: string; readonly url: string };

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

/** `onCall` is called before each call of a user's service. */
export async function runTask(task: RunTask, onCall?: () => void): Promise<RunResult> {
  const { seed, order } = task;
  const report = await simulate({ ...(await optionsOf(task, onCall)), isRecorded: order !== undefined });
  const log = order === undefined ? [] : keepRecord(report, order);
  const { events, virtualMs, traceHash, network, faultCounts, operations, violation, reached } = report;
  return {
    seed,
    events,
    virtualMs,
    traceHash,
    network,
    faultCounts,
    operations,
    violation,
    reached: reached.counts,
    log,
  };
}

/** Invariants have state, so every run gets new ones. */
export async function optionsOf(task: FailingRun, onCall?: () => void): Promise<SimulateOptions> {
  const { seed, overrides, hasReference, service } = task;
  const isOurs = service === undefined || service === keyValueName;
  const own = isOurs ? {} : await loadService(service.url);
  return {
    seed,
    overrides,
    ...(service === keyValueName && { keyValue: {} }),
    ...(hasReference && { invariants: [...allInvariants(), referenceRelation()] }),
    ...(onCall === undefined ? own : reporting(own, onCall)),
  };
}

type OwnCode = Pick<SimulateOptions, 'workload' | 'make'>;

/** The same code, which reports each of its calls. */
function reporting({ workload, make }: OwnCode, onCall: () => void): OwnCode {
  const reported =
    <Given extends readonly unknown[], Result>(code: (...given: Given) => Result) =>
    (...given: Given): Result => {
      onCall();
      return code(...given);
    };
  const reportedService = (service: SimulatedService): SimulatedService => ({
    apply: reported((...given: Parameters<SimulatedService['apply']>) => service.apply(...given)),
    snapshot: reported(() => service.snapshot()),
    restore: reported((snapshot: Uint8Array) => service.restore(snapshot)),
    digest: reported(() => service.digest()),
  });
  return {
    ...(make && { make: reported(make) }),
    ...(workload && {
      workload: {
        command: reported((n: number) => workload.command(n)),
        createService: reported(() => reportedService(workload.createService())),
      },
    }),
  };
}
