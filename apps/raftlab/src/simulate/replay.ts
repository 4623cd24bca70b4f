// Replays a saved run.
import { readFileSync } from 'node:fs';
import { parseRecordedRun, RecordedRunError, type RecordedRun } from '@raftlab/simulation';
import { CommandError } from '../command-error.ts';
import { replayCommandFor } from './failing-run.ts';
import type { ReplayRequest } from './request.ts';
import { openRuns } from './runs.ts';
import type { SimulateContext } from './simulate.ts';
import { openUserCode } from './user-code.ts';

/** 0 if no property was violated, 1 if one was. Throws CommandError if the file or the service cannot be used. */
export async function replay(
  { file, hasReference, trace, log, ...paths }: ReplayRequest,
  { terminal, logStyle }: Pick<SimulateContext, 'terminal' | 'logStyle'>,
): Promise<0 | 1> {
  const recorded = readRecordedRun(file);
  const { choice, code } = await openUserCode(paths);
  const runs = openRuns(1, code);
  try {
    await runs.load();
    const isRecorded = trace !== undefined || log !== undefined;
    const order = {
      file: trace,
      log: log && { ...log, ...logStyle },
      replay: replayCommandFor(file, { hasReference, ...choice }),
      implementation: choice.raft?.path,
    };
    const { lines, isViolated } = await runs.replay({
      recorded,
      hasReference,
      ...choice,
      order: isRecorded ? order : undefined,
    });
    terminal.out(`${lines.join('\n')}\n`);
    return isViolated ? 1 : 0;
  } finally {
    await runs.close();
    code?.remove();
  }
}

function readRecordedRun(file: string): RecordedRun {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be read: ${reason}`, { cause: error });
  }
  try {
    return parseRecordedRun(text);
  } catch (error) {
    if (!(error instanceof RecordedRunError)) throw error;
    throw new CommandError(`${file} is not a recorded run: ${error.message}`, { cause: error });
  }
}
