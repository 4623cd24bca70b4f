// The functions that a thread of a simulation runs. Those for a user's service report to the thread that watches.
import type { SimulatedService } from '@raftlab/simulation';
import { Progress } from '../threads/progress.ts';
import type { WatchedTask } from '../threads/watched-threads.ts';
import { saveFailingRun } from './failing-run.ts';
import { loadService } from './load-service.ts';
import { replayLines, type ReplayTask } from './replay-lines.ts';
import { runTask } from './run-task.ts';
import type { FailingRun, RunResult, RunTask } from './simulation-task.ts';
import { simulateTask, type OwnCode, type Simulator } from './simulator.ts';

export { runTask } from './run-task.ts';

/** What a thread with a user's code is asked to do. */
export type ServiceTask = RunTask | SaveTask | ReplayTask | CheckTask;
/** Shrinks a run, and saves it in a folder. */
export type SaveTask = FailingRun & { readonly saveTo: string };
interface CheckTask {
  readonly url: string;
}

/** Runs a simulation. */
export function runService({ progress, ...task }: RunTask & WatchedTask): Promise<RunResult> {
  return runTask(task, simulatorWith(progress));
}

/** Shrinks and saves a run. Returns the lines to print. */
export function saveService({
  progress,
  saveTo,
  ...run
}: SaveTask & WatchedTask): Promise<readonly string[]> {
  const simulator = simulatorWith(progress);
  return saveFailingRun(run, saveTo, { run: (options) => simulator(run, options) });
}

/** Replays a saved run. Returns the lines to print, and whether a property was violated. */
export function replayService({
  progress,
  ...task
}: ReplayTask & WatchedTask): ReturnType<typeof replayLines> {
  return replayLines(task, simulatorWith(progress));
}

/** Loads a service. Returns why it cannot be used, or undefined. */
export async function checkService({ progress, url }: CheckTask & WatchedTask): Promise<string | undefined> {
  begun(progress)();
  try {
    await loadService(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** Simulates the service of a task, and reports its calls. */
function simulatorWith(progress: SharedArrayBuffer): Simulator {
  const onCall = begun(progress);
  return async (task, variation) => {
    const own = typeof task.service === 'object' ? await loadService(task.service.url) : {};
    return simulateTask(task, variation, reporting(own, onCall));
  };
}

/** Begins a task. The returned function reports that its code still runs. */
function begun(buffer: SharedArrayBuffer): () => void {
  const progress = new Progress(buffer);
  progress.begin();
  return () => progress.alive();
}

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
