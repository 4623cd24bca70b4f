// Runs what a failing run has saved once more.
import { readFileSync } from 'node:fs';
import {
  parseRecordedRun,
  RecordedRunError,
  replayOptions,
  simulate,
  type RecordedRun,
} from '@raftlab/simulation';
import { CommandError } from '../command-error.ts';
import { replayCommandFor, violationLines } from './failing-run.ts';
import type { ReplayRequest } from './request.ts';
import { openService } from './service-module.ts';
import type { SimulateContext } from './simulate.ts';
import { keepRecord } from './simulation-trace.ts';
import { optionsOf } from './worker.ts';

/** 0 when no property was violated, 1 when one was. Throws CommandError when the file or the service cannot be used. */
export async function replay(
  { file, hasReference, service: path, trace, log }: ReplayRequest,
  { terminal, logStyle }: Pick<SimulateContext, 'terminal' | 'logStyle'>,
): Promise<0 | 1> {
  const recorded = readRecordedRun(file);
  const service = await openService(path);
  try {
    const isRecorded = trace !== undefined || log !== undefined;
    const report = await simulate({
      ...(await optionsOf({ ...recorded, hasReference, service })),
      ...replayOptions(recorded),
      isRecorded,
    });
    const { violation, traceHash, faults } = report;
    const order = {
      file: trace,
      log: log && { ...log, ...logStyle },
      replay: replayCommandFor(file, { hasReference, service }),
    };
    const lines = [
      ...(isRecorded ? keepRecord(report, order) : []),
      ...(violation === undefined ? ['no property was violated'] : violationLines(violation)),
      `${faults.length} faults and proposals, trace hash ${traceHash}`,
    ];
    terminal.out(`${lines.join('\n')}\n`);
    return violation === undefined ? 0 : 1;
  } finally {
    service?.remove();
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
