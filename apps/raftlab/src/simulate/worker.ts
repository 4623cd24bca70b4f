// The functions that a thread of a simulation runs. Those for a user's service report to the thread that watches.
import { dirname, resolve } from 'node:path';
import type { SimulatedService } from '@raftlab/simulation';
import { Progress } from '../threads/progress.ts';
import { SourceFiles } from '../threads/source-files.ts';
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
    if (typeof task.service !== 'object') return simulateTask(task, variation);
    const { url, path, sources: files } = task.service;
    const sources = new SourceFiles(files, dirname(resolve(path)));
    return simulateTask(task, variation, reporting(await loadService(url), { onCall, sources }));
  };
}

/** Begins a task. The returned function reports that its code still runs. */
function begun(buffer: SharedArrayBuffer): () => void {
  const progress = new Progress(buffer);
  progress.begin();
  return () => progress.alive();
}

/** The same code, which reports each of its calls, and whose errors have the line of the sources that threw them. */
function reporting(
  { workload, make }: OwnCode,
  { onCall, sources }: { readonly onCall: () => void; readonly sources: SourceFiles },
): OwnCode {
  const reported =
    <Given extends readonly unknown[], Result>(code: (...given: Given) => Result) =>
    (...given: Given): Result => {
      onCall();
      try {
        return code(...given);
      } catch (error) {
        throw located(error, sources);
      }
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

/** The error, with the innermost line of the sources in its message if there is one. */
function located(thrown: unknown, sources: SourceFiles): unknown {
  const location = sources.locationOf(thrown);
  if (!(thrown instanceof Error) || location === undefined) return thrown;
  const error = new Error(`${thrown.message} (${location})`, { cause: thrown });
  error.name = thrown.name;
  return error;
}
