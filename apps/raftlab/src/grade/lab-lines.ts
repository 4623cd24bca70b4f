// The lab's output, column by column, and additionally why a test failed and how to repeat it.
import type { Column, GradedTest, TestReport } from '@raftlab/test-harness';
import type { Colors } from 'picocolors/types.js';
import { causeOf } from '../cause-of.ts';
import { commandName } from '../command-name.ts';
import { quoted } from '../quoted.ts';
import { isStopped, pageLines, type FailurePage } from './failure-page.ts';
import { logCommand } from './log-command.ts';
import type { ModuleChoice } from './request.ts';
import type { StorageName } from './storages.ts';
import { suiteOf } from './suites.ts';

/** The parameters of a replay besides test and seed. */
export interface RunKind {
  readonly isReal: boolean;
  readonly storage: StorageName;
  /** The module of --impl, as it was given; ours without it. */
  readonly implementation?: ModuleChoice | undefined;
}

export function titleLine(test: Pick<GradedTest, 'part' | 'title'>): string {
  return `${suiteOf(test).headingOf(test)} ...`;
}

/** The columns of the test's lab, in the lab's widths, and below them the test's warnings. */
export function passedLines(
  { columns }: { readonly columns: readonly Column[] },
  { statistics, warnings }: Pick<TestReport, 'statistics' | 'warnings'>,
  colors: Colors,
): string[] {
  const cells = columns.map(({ id, width, decimals }) =>
    (statistics[id] ?? 0).toFixed(decimals).padStart(width),
  );
  return [`  ... ${colors.green('Passed')} --  ${cells.join(' ')}`, ...warningLines(warnings, colors)];
}

function warningLines(warnings: readonly string[], colors: Colors): string[] {
  return warnings.map((warning) => `      ${colors.yellow('warning:')} ${warning}`);
}

export function failedLines(
  test: GradedTest,
  report: TestReport,
  { kind, colors, page }: { kind: RunKind; colors: Colors; page: FailurePage },
): string[] {
  const { failure, seed, traceHash } = report;
  if (failure === undefined) return [];
  const [headline = '', ...more] = failure.message.split('\n');
  const name = failure.kind === 'TestFailure' ? '' : `${failure.kind}: `;
  const replay = replayCommand(test.id, seed, kind);
  return [
    `  ... ${colors.red('FAILED')} -- ${name}${headline}`,
    ...more.map((line) => `      ${line}`),
    ...warningLines(report.warnings, colors),
    `      test    ${test.id}`,
    `      where   ${failure.step}`,
    `      time    ${failure.atMs.toFixed(3)} ms after the cluster was made`,
    `      seed    ${seed}${kind.isReal ? ' (in real time the seed decides the draws, not the interleaving)' : ''}`,
    ...(kind.isReal ? [] : [`      trace   ${traceHash}`]),
    `      replay  ${replay}`,
    // A run that was stopped from outside leaves no log either.
    ...(isStopped(causeOf(failure)) ? [] : [`      log     ${logCommand(failure, replay)}`]),
    ...pageLines(page).map((line, offset) => `      ${offset === 0 ? 'page' : '    '}    ${line}`),
    ...(failure.recentEvents.length === 0 ? [] : ['      the last events:']),
    ...failure.recentEvents.map((event) => colors.dim(`        ${event}`)),
  ];
}

/** The command that repeats a test. */
export function replayCommand(id: string, seed: number, kind: RunKind): string {
  const { isReal, storage, implementation } = kind;
  const words = [commandName('grade'), id, `--seed ${seed}`];
  if (implementation !== undefined) {
    const { path, givenTimeLimitSeconds, isOnOurRaft } = implementation;
    words.push(`--impl ${quoted(path)}`);
    if (isOnOurRaft) words.push('--raft ours');
    if (givenTimeLimitSeconds !== undefined) words.push(`--time-limit ${givenTimeLimitSeconds}`);
  }
  if (storage !== 'memory') words.push(`--storage ${storage}`);
  if (isReal) words.push('--real');
  return words.join(' ');
}
