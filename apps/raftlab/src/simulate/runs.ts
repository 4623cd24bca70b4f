// Where simulated runs take place: in this thread, in worker threads, or, for a user's service, in watched threads.
import { Piscina } from 'piscina';
import { ModuleError } from '../modules/module-error.ts';
import { ThreadLost, WatchedThreads } from '../threads/watched-threads.ts';
import { saveFailingRun } from './failing-run.ts';
import { replayLines, type Replayed, type ReplayTask } from './replay-lines.ts';
import { runTask, type FailingRun, type RunResult, type RunTask } from './run-task.ts';
import type { ServiceModule } from './service-module.ts';
import type { ServiceTask } from './worker.ts';

/** Runs simulations. */
export interface Runs {
  /** Checks that the service can be loaded, before the first run. Throws ModuleError. */
  load(): Promise<void>;
  /** Runs one simulation. A service that does not return is a violation. */
  run(task: RunTask): Promise<RunResult>;
  /** Shrinks a run that violates a property, saves it, and returns the lines to print. */
  save(failing: FailingRun, saveTo: string): Promise<readonly string[]>;
  /** Runs a saved run again. Throws TraceFileError. */
  replay(task: ReplayTask): Promise<Replayed>;
  /** Ends all threads, even busy ones. */
  close(): Promise<void>;
}

/** The property of a run whose service did not return. It cannot be repeated to be shrunk. */
export const lostProperty = 'The service returns';

const worker = new URL('worker.js', import.meta.url);

/** With one job and without a service, runs take place in this thread. */
export function openRuns(jobs: number, service: ServiceModule | undefined): Runs {
  if (service !== undefined) return watchedRuns(jobs, service);
  const here: Runs = {
    load: async () => {},
    run: (task) => runTask(task),
    save: (failing, saveTo) => saveFailingRun(failing, saveTo),
    replay: (task) => replayLines(task),
    close: async () => {},
  };
  if (jobs === 1) return here;
  const pool = new Piscina<RunTask, RunResult>({
    filename: worker.href,
    name: runTask.name,
    minThreads: jobs,
    maxThreads: jobs,
  });
  return { ...here, run: (task) => pool.run(task), close: () => pool.destroy() };
}

function watchedRuns(count: number, { path, url, threadCode: code }: ServiceModule): Runs {
  const threads = new WatchedThreads<ServiceTask>({ worker, count, code });
  return {
    async load() {
      const problem = await threads.run<string | undefined>('checkService', { url });
      if (problem === undefined) return;
      throw new ModuleError(path, problem instanceof ThreadLost ? problem.message : problem);
    },
    async run(task) {
      const result = await threads.run<RunResult>('runService', task);
      return result instanceof ThreadLost ? lostRun(task, result) : result;
    },
    async save(failing, saveTo) {
      const lines = await threads.run<readonly string[]>('saveService', { ...failing, saveTo });
      if (!(lines instanceof ThreadLost)) return lines;
      return [`seed ${failing.seed} could not be shrunk: ${lines.message}`];
    },
    async replay(task) {
      const replayed = await threads.run<Replayed>('replayService', task);
      if (!(replayed instanceof ThreadLost)) return replayed;
      return { lines: [`${lostProperty}: ${replayed.message}`], isViolated: true };
    },
    close: () => threads.close(),
  };
}

/** The result of a run whose thread was stopped: its events are lost with the thread. */
function lostRun({ seed }: RunTask, { message }: ThreadLost): RunResult {
  return {
    seed,
    events: 0,
    virtualMs: 0,
    traceHash: '',
    network: { sent: 0, delivered: 0, lost: 0, duplicated: 0 },
    faultCounts: new Map(),
    operations: { checked: 0, unknown: 0 },
    violation: { property: lostProperty, message, atMs: 0, recent: [] },
    reached: new Map(),
    log: [],
  };
}
