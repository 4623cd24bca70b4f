// Where simulated runs take place: in this thread, in worker threads, or, for a user's service, in watched threads.
import { Piscina } from 'piscina';
import type { LoadTask } from '../grade/foreign/learner-thread.ts';
import { ModuleError } from '../modules/module-error.ts';
import { ThreadLost, WatchedThreads, youngGenerationMb } from '../threads/watched-threads.ts';
import { saveFailingRun } from './failing-run.ts';
import { replayLines, type Replayed, type ReplayTask } from './replay-lines.ts';
import { runTask } from './run-task.ts';
import type { FailingRun, RunResult, RunTask } from './simulation-task.ts';
import type { UserCode } from './user-code.ts';
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

/** The property of a run whose code did not return. It cannot be repeated to be shrunk. */
export function lostPropertyOf({ raft }: Pick<FailingRun, 'raft'>): string {
  return raft === undefined ? 'The service returns' : 'The implementation returns';
}

const worker = new URL('worker.js', import.meta.url);
const raftWorker = new URL('raft-worker.js', import.meta.url);

type LoadRaftTask = Omit<LoadTask, 'progress'>;

/** With one job and without a user's code, runs take place in this thread. `stuckAfterMs` is that of WatchedThreads. */
export function openRuns(jobs: number, code: UserCode | undefined, stuckAfterMs?: number): Runs {
  if (code !== undefined) return watchedRuns(jobs, code, stuckAfterMs);
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
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  return { ...here, run: (task) => pool.run(task), close: () => pool.destroy() };
}

/** The functions of a thread with a user's code, by what they do. */
interface ThreadFunctions {
  readonly load: string;
  readonly run: string;
  readonly save: string;
  readonly replay: string;
}

const serviceFunctions: ThreadFunctions = {
  load: 'checkService',
  run: 'runService',
  save: 'saveService',
  replay: 'replayService',
};
const raftFunctions: ThreadFunctions = {
  load: 'loadInWorker',
  run: 'runRaft',
  save: 'saveRaft',
  replay: 'replayRaft',
};

function watchedRuns(count: number, code: UserCode, stuckAfterMs: number | undefined): Runs {
  const { path, threadCode } = code;
  const { worker: url, names } =
    code.kind === 'raft' ? { worker: raftWorker, names: raftFunctions } : { worker, names: serviceFunctions };
  const threads = new WatchedThreads<ServiceTask | LoadRaftTask>({
    worker: url,
    count,
    code: threadCode,
    stuckAfterMs,
  });
  return {
    async load() {
      const task = code.kind === 'raft' ? { module: code.module } : { url: code.url };
      const problem = await threads.run<string | undefined>(names.load, task);
      if (problem === undefined) return;
      throw new ModuleError(path, problem instanceof ThreadLost ? problem.message : problem);
    },
    async run(task) {
      const result = await threads.run<RunResult>(names.run, task);
      return result instanceof ThreadLost ? lostRun(task, result) : result;
    },
    async save(failing, saveTo) {
      const lines = await threads.run<readonly string[]>(names.save, { ...failing, saveTo });
      if (!(lines instanceof ThreadLost)) return lines;
      return [`seed ${failing.seed} could not be shrunk: ${lines.message}`];
    },
    async replay(task) {
      const replayed = await threads.run<Replayed>(names.replay, task);
      if (!(replayed instanceof ThreadLost)) return replayed;
      return { lines: [`${lostPropertyOf(task)}: ${replayed.message}`], isViolated: true };
    },
    close: () => threads.close(),
  };
}

/** The result of a run whose thread was stopped: its events are lost with the thread. */
function lostRun(task: RunTask, { message }: ThreadLost): RunResult {
  return {
    seed: task.seed,
    events: 0,
    virtualMs: 0,
    traceHash: '',
    network: { sent: 0, delivered: 0, lost: 0, duplicated: 0 },
    faultCounts: new Map(),
    operations: { checked: 0, unknown: 0 },
    violation: { property: lostPropertyOf(task), message, atMs: 0, recent: [] },
    reached: new Map(),
    log: [],
  };
}
