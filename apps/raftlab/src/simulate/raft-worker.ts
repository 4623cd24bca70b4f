// What a thread with a learner's Raft does for `simulate --impl`: the Raft is guarded as in `grade --impl`.
import type { SimulationReport } from '@raftlab/simulation';
import { prepare, strayErrors, underGuard } from '../grade/foreign/learner-thread.ts';
import { Progress } from '../threads/progress.ts';
import type { WatchedTask } from '../threads/watched-threads.ts';
import { saveFailingRun } from './failing-run.ts';
import { guardedRaft } from './outside-raft.ts';
import { replayLines, type ReplayTask } from './replay-lines.ts';
import { runTask } from './run-task.ts';
import type { RunResult, RunTask } from './simulation-task.ts';
import { simulateTask, type Simulator } from './simulator.ts';
import type { SaveTask } from './worker.ts';

export { loadInWorker } from '../grade/foreign/learner-thread.ts';

/** Runs a simulation. */
export function runRaft({ progress, ...task }: RunTask & WatchedTask): Promise<RunResult> {
  return runTask(task, simulatorWith(progress));
}

/** Shrinks and saves a run. Returns the lines to print. */
export function saveRaft({ progress, saveTo, ...run }: SaveTask & WatchedTask): Promise<readonly string[]> {
  const simulator = simulatorWith(progress);
  return saveFailingRun(run, saveTo, { run: (options) => simulator(run, options) });
}

/** Replays a saved run. Returns the lines to print, and whether a property was violated. */
export function replayRaft({ progress, ...task }: ReplayTask & WatchedTask): ReturnType<typeof replayLines> {
  return replayLines(task, simulatorWith(progress));
}

function simulatorWith(buffer: SharedArrayBuffer): Simulator {
  const progress = new Progress(buffer);
  progress.begin();
  return async (task, variation) => {
    if (task.raft === undefined)
      throw new Error('this thread simulates the Raft of --impl, and the task has none');
    const { sources, exports } = prepare(task.raft.module);
    const { make } = await exports;
    if (make === undefined) throw new Error('the module exports no make');
    const outside = guardedRaft(make, { sources, progress });
    const { code } = outside;
    const { result } = await underGuard(code, () =>
      strayErrors.watch(
        () => simulateTask(task, variation, { outside }),
        (error) => void code.failUncaught(error),
      ),
    );
    return withLateFault(result, code.fault);
  };
}

/** A fault that was found too late to end the run. */
function withLateFault(report: SimulationReport, fault: Error | undefined): SimulationReport {
  if (report.violation !== undefined || fault === undefined) return report;
  const { name: property, message } = fault;
  return { ...report, violation: { property, message, atMs: report.virtualMs, recent: [] } };
}
