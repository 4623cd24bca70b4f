// The functions that a thread of a simulation runs. Those for a user's service report to the thread that watches.
import { Progress } from '../threads/progress.ts';
import type { WatchedTask } from '../threads/watched-threads.ts';
import { saveFailingRun } from './failing-run.ts';
import { loadService } from './load-service.ts';
import { replayLines, type ReplayTask } from './replay-lines.ts';
import { runTask, type FailingRun, type RunResult, type RunTask } from './run-task.ts';

export { runTask } from './run-task.ts';

/** What a thread with a user's service is asked to do. */
export type ServiceTask = RunTask | SaveTask | ReplayTask | CheckTask;
type SaveTask = FailingRun & { readonly saveTo: string };
interface CheckTask {
  readonly url: string;
}

/** Runs a simulation. */
export function runService({ progress, ...task }: RunTask & WatchedTask): Promise<RunResult> {
  return runTask(task, begun(progress));
}

/** Shrinks and saves a run. Returns the lines to print. */
export function saveService({
  progress,
  saveTo,
  ...run
}: SaveTask & WatchedTask): Promise<readonly string[]> {
  return saveFailingRun(run, saveTo, { onCall: begun(progress) });
}

/** Replays a saved run. Returns the lines to print, and whether a property was violated. */
export function replayService({
  progress,
  ...task
}: ReplayTask & WatchedTask): ReturnType<typeof replayLines> {
  return replayLines(task, begun(progress));
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

/** Begins a task. The returned function reports that its code still runs. */
function begun(buffer: SharedArrayBuffer): () => void {
  const progress = new Progress(buffer);
  progress.begin();
  return () => progress.alive();
}
