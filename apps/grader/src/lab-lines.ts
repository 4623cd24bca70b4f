// The lab's lines about one test, column by column (tester output of MIT 6.5840, begin() and end()), and what follows a
// failure.
import { stripVTControlCharacters } from 'node:util';
import type { GradedTest } from '@raftlab/test-harness';
import type { Colors } from 'picocolors/types.js';
import { replayCommand } from './replay-command.ts';
import type { TaskReport } from './task.ts';

export function titleLine({ part, title }: Pick<GradedTest, 'part' | 'title'>): string {
  return `Test (${part}): ${title} ...`;
}

/** `  ... Passed --`, then time, servers, RPCs, bytes, commands; or `  ... FAILED --` and all that is known. */
export function resultLines(report: TaskReport, colors: Colors): readonly string[] {
  return report.failure === undefined ? [passedLine(report, colors)] : failureLines(report, colors);
}

function passedLine({ statistics }: TaskReport, colors: Colors): string {
  const { seconds, servers, rpcs, bytes, commands } = statistics;
  const time = seconds.toFixed(1).padStart(4);
  const counts = `${`${rpcs}`.padStart(4)} ${`${bytes}`.padStart(7)} ${`${commands}`.padStart(4)}`;
  return `  ... ${colors.green('Passed')} --  ${time}  ${servers} ${counts}`;
}

function failureLines(report: TaskReport, colors: Colors): readonly string[] {
  const { id, seed, mode, traceHash, failure } = report;
  if (failure === undefined) return [];
  const [message = '', ...rest] = plainLines(failure.message);
  return [
    `  ... ${colors.red('FAILED')} -- ${message}`,
    ...rest.map((line) => `      ${line}`),
    `      test    ${id}`,
    // A check of the test says enough by its message; of anything else the name tells what it was.
    ...(failure.kind === 'TestFailure' ? [] : [`      error   ${failure.kind}`]),
    `      step    ${plainLines(failure.step).join(' ')}`,
    `      at      ${(failure.atMs / 1000).toFixed(3)} s on the test's clock`,
    `      seed    ${seed}`,
    ...(mode === 'virtual' ? [`      trace   ${traceHash}`] : []),
    ...(failure.recentEvents.length === 0 ? [] : ["      the last events, in ms on the test's clock:"]),
    ...failure.recentEvents.flatMap(plainLines).map((line) => `        ${line}`),
    `      replay  ${colors.bold(replayCommand(report))}`,
  ];
}

/** Messages may come from anywhere; a log must not be able to steer a terminal. */
function plainLines(text: string): string[] {
  return stripVTControlCharacters(text).split(/\r?\n/);
}
