// Runs one simulation, and reduces its report to what the totals need.
import { keepRecord } from './simulation-trace.ts';
import type { RunResult, RunTask } from './simulation-task.ts';
import { simulateOurs, type Simulator } from './simulator.ts';

export async function runTask(task: RunTask, simulator: Simulator = simulateOurs): Promise<RunResult> {
  const { seed, order } = task;
  const report = await simulator(task, { isRecorded: order !== undefined });
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
