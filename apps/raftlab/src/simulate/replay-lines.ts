// Replays a saved run, and describes the result.
import { replayOptions, type RecordedRun } from '@raftlab/simulation';
import { violationLines, withRelevantEvents } from './failing-run.ts';
import type { FailingRun } from './simulation-task.ts';
import { keepRecord, type SimulationRecordOrder } from './simulation-trace.ts';
import { simulateOurs, type Simulator } from './simulator.ts';

/** Plain data, since the run may be in another thread. */
export interface ReplayTask extends Pick<FailingRun, 'hasReference' | 'service' | 'raft'> {
  readonly recorded: RecordedRun;
  /** Without it the run is not recorded. */
  readonly order: SimulationRecordOrder | undefined;
}

/** The output of a replay, and whether a property was violated. */
export interface Replayed {
  readonly lines: readonly string[];
  readonly isViolated: boolean;
}

/** Throws TraceFileError. */
export async function replayLines(
  { recorded, order, ...task }: ReplayTask,
  simulator: Simulator = simulateOurs,
): Promise<Replayed> {
  const report = await simulator(
    { ...recorded, ...task },
    { ...replayOptions(recorded), isRecorded: order !== undefined || task.raft !== undefined },
  );
  const { violation, traceHash, faults } = report;
  const lines = [
    ...(order === undefined ? [] : keepRecord(report, order)),
    ...(violation === undefined
      ? ['no property was violated']
      : violationLines(task.raft === undefined ? violation : withRelevantEvents(report))),
    `${faults.length} faults and proposals, trace hash ${traceHash}`,
  ];
  return { lines, isViolated: violation !== undefined };
}
