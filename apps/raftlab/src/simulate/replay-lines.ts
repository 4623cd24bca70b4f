// Replays a saved run, and describes the result.
import { replayOptions, simulate, type RecordedRun } from '@raftlab/simulation';
import { violationLines } from './failing-run.ts';
import { optionsOf, type FailingRun } from './run-task.ts';
import { keepRecord, type SimulationRecordOrder } from './simulation-trace.ts';

/** Plain data, since the run may be in another thread. */
export interface ReplayTask extends Pick<FailingRun, 'hasReference' | 'service'> {
  readonly recorded: RecordedRun;
  /** Without it the run is not recorded. */
  readonly order: SimulationRecordOrder | undefined;
}

/** The output of a replay, and whether a property was violated. */
export interface Replayed {
  readonly lines: readonly string[];
  readonly isViolated: boolean;
}

/** `onCall` is called before each call of a user's service. Throws TraceFileError. */
export async function replayLines(task: ReplayTask, onCall?: () => void): Promise<Replayed> {
  const { recorded, order, hasReference, service } = task;
  const report = await simulate({
    ...(await optionsOf({ ...recorded, hasReference, service }, onCall)),
    ...replayOptions(recorded),
    isRecorded: order !== undefined,
  });
  const { violation, traceHash, faults } = report;
  const lines = [
    ...(order === undefined ? [] : keepRecord(report, order)),
    ...(violation === undefined ? ['no property was violated'] : violationLines(violation)),
    `${faults.length} faults and proposals, trace hash ${traceHash}`,
  ];
  return { lines, isViolated: violation !== undefined };
}
