// Merges the reports of shards: the tests in the order in which one machine would have run them, through the same reporters.
import type { TestReport } from '@raftlab/test-harness';
import type { Colors } from 'picocolors/types.js';
import type { Terminal } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import type { FailurePage } from '../grade/failure-page.ts';
import type { RunKind } from '../grade/lab-lines.ts';
import { withStandardOutput, type ReporterChoice } from '../grade/reporters/choice.ts';
import { openReports } from '../grade/reporters/open-reports.ts';
import type { GradingReport, TestRecord } from '../grade/reporters/report-document.ts';
import { defaultTimeLimitSeconds, type GradeRequest } from '../grade/request.ts';
import { tasksOf } from '../grade/schedule.ts';
import { storageNames } from '../grade/storages.ts';
import { testById } from '../grade/suites.ts';
import { Tally } from '../grade/summary.ts';
import { defaultTraceFolder } from '../traces/trace-choice.ts';
import { wholeSeries } from '../shard.ts';
import { readShards } from './read-shards.ts';

export interface MergeOptions {
  readonly reporters: readonly ReporterChoice[] | undefined;
  readonly terminal: Terminal;
  readonly colors: Colors;
}

/** 0 when all tests passed, 1 otherwise. Throws CommandError when the reports are not those of all shards of one grading. */
export function mergeReports(files: readonly string[], { reporters, terminal, colors }: MergeOptions): 0 | 1 {
  const shards = readShards(files);
  const request = requestOf(shards, withStandardOutput(reporters));
  const records = new Map(shards.flatMap(({ tests }) => tests).map((test) => [keyOf(test), test]));
  const tally = new Tally({ keepsStatistics: false });
  // In a series the pages are written after its last test, so they are in the groups of failures.
  const groups = shards.flatMap(({ totals }) => totals.failures);
  const pages = new Map<string, FailurePage>(
    groups.map((group) => [keyOf({ id: group.id, seed: group.firstSeed }), group]),
  );
  const pageOf = (id: string, seed: number): FailurePage => {
    const key = keyOf({ id, seed });
    const { page, noPage } = pages.get(key) ?? records.get(key)?.failure ?? {};
    return { page, noPage };
  };
  const kind: RunKind = {
    isReal: request.mode === 'real',
    storage: request.storage,
    implementation: request.implementation,
  };
  const reports = openReports(request.reporters, {
    request,
    kind,
    tally,
    colors,
    hasLiveView: false,
    write: (text) => terminal.out(text),
    pageOf,
    pageCount: () => [...pages.values()].filter(({ page }) => page !== undefined).length,
    pagelessCount: () => 0,
  });
  for (const task of tasksOf(request)) {
    const record = records.get(keyOf({ id: task.test.id, seed: task.seed }));
    // A shard that was interrupted has no record of what had not ended.
    if (record === undefined) continue;
    const report = reportOf(record);
    reports.onStart?.(task);
    tally.add(task.test, report);
    reports.onReport(task, report);
  }
  const isInterrupted = shards.some(({ totals }) => totals.isInterrupted);
  reports.end({
    isInterrupted,
    realMs: Math.max(...shards.map(({ totals }) => totals.realMs)),
    cpuMs: shards.reduce((sum, { totals }) => sum + totals.cpuMs, 0),
  });
  return tally.failed === 0 && !isInterrupted ? 0 : 1;
}

function keyOf({ id, seed }: Pick<TestRecord, 'id' | 'seed'>): string {
  return `${id} ${seed}`;
}

/** The request of the whole grading. */
function requestOf(
  [first, ...others]: readonly GradingReport[],
  reporters: readonly ReporterChoice[],
): GradeRequest {
  if (first === undefined) throw new CommandError('there is no report to merge.');
  const { tests, mode, seed, runs, jobs, storage: name, implementation: path, raft } = first.command;
  const storage = storageNames.find((known) => known === name);
  if (storage === undefined) throw new CommandError(`the reports are of an unknown storage, ${name}.`);
  return {
    tests: tests.map(testById),
    mode,
    storage,
    seed,
    runs,
    jobs: others.reduce((sum, { command }) => sum + command.jobs, jobs),
    shard: wholeSeries,
    comparesWithLab: false,
    trace: { folder: defaultTraceFolder, isOff: false },
    reporters,
    ...(path !== undefined && {
      implementation: { path, timeLimitSeconds: defaultTimeLimitSeconds[mode], isOnOurRaft: raft === 'ours' },
    }),
  };
}

function reportOf({ times, failure, warnings = [], ...record }: TestRecord): TestReport {
  const { id, mode, seed, statistics, largestLogSizeBytes, eventCount, traceHash } = record;
  return {
    id,
    mode,
    seed,
    statistics,
    largestLogSizeBytes,
    eventCount,
    traceHash,
    warnings,
    ...times,
    failure: failure && {
      kind: failure.kind,
      message: failure.message,
      step: failure.step,
      atMs: failure.atMs,
      recentEvents: failure.recentEvents,
    },
  };
}
