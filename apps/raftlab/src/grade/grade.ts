// One grading, from the request to the exit code: the reporters are informed about each test as it starts and ends.
import { SystemClock } from '@raftlab/runtime';
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { Terminal } from '../command-context.ts';
import { makeFolderFor } from '../traces/write-trace.ts';
import type { RunKind } from './lab-lines.ts';
import { openRunner } from './open-runner.ts';
import { hasDocument } from './reporters/choice.ts';
import { LiveView, type Screen } from './reporters/live-view.ts';
import { openReports } from './reporters/open-reports.ts';
import type { Reporter } from './reporters/reporter.ts';
import type { GradeRequest } from './request.ts';
import { runTasks, tasksOf } from './schedule.ts';
import { Tally } from './summary.ts';
import type { TestRunner } from './test-runner.ts';
import { Tracing } from './tracing.ts';

export interface GradeContext {
  readonly terminal: Terminal;
  /** Where the live view is drawn; without it there is none. */
  readonly screen?: Screen | undefined;
  /** None unless given. */
  readonly colors?: Colors;
  /** The width of the terminal, if standard output is one. */
  readonly columns?: number | undefined;
  readonly signal: AbortSignal;
  /** Tests of the grader pass one that grades a broken Raft. */
  readonly runner?: TestRunner;
}

/** 0 if all passed, 1 if a test failed, 130 if it was interrupted. Throws ModuleError, ReportFileError and TraceFileError. */
export async function grade(request: GradeRequest, context: GradeContext): Promise<0 | 1 | 130> {
  const { terminal, screen, signal } = context;
  if (request.trace.file !== undefined) makeFolderFor(request.trace.file);
  const clock = new SystemClock();
  const startedAt = clock.now();
  const runner = context.runner ?? (await openRunner(request));
  const isOverwritten = (): boolean => runner.hasPrinted?.() === true;
  const view = screen === undefined ? undefined : new LiveView({ screen, clock, request, isOverwritten });
  const above = (write: () => void): void => (view === undefined ? write() : view.above(write));
  const isDocument = hasDocument(request.reporters);
  const tally = new Tally({ keepsStatistics: request.comparesWithLab });
  let reports: Reporter;
  try {
    reports = await runReported(request, context, {
      runner,
      tally,
      view,
      write: (text) => above(() => terminal.out(text)),
      writeLog: (text) => above(() => (isDocument ? terminal.error(text) : terminal.out(text))),
      warn: (line) => above(() => terminal.error(`${line}\n`)),
    });
  } finally {
    view?.end();
  }
  const { user, system } = process.cpuUsage();
  reports.end({
    isInterrupted: signal.aborted,
    realMs: clock.now() - startedAt,
    cpuMs: (user + system) / 1000,
  });
  if (signal.aborted) return 130;
  return tally.failed === 0 ? 0 : 1;
}

interface ReportedRun {
  readonly runner: TestRunner;
  readonly tally: Tally;
  readonly view: LiveView | undefined;
  readonly write: (text: string) => void;
  /** The log is part of no report: it must not be written into a document. */
  readonly writeLog: (text: string) => void;
  /** For the user, on standard error. */
  readonly warn: (line: string) => void;
}

/** Runs all tests and closes the runner. The caller ends the reports. */
async function runReported(
  request: GradeRequest,
  { colors = pc.createColors(false), columns, signal }: GradeContext,
  { runner, tally, view, write, writeLog, warn }: ReportedRun,
): Promise<Reporter> {
  const { mode, storage, jobs, implementation, reporters } = request;
  const kind: RunKind = { isReal: mode === 'real', storage, implementation };
  const log = request.log && { ...request.log, width: columns, hasColors: colors.isColorSupported };
  try {
    const tracing = new Tracing(request, { kind, log, warn });
    const hasLiveView = view !== undefined;
    const reports = openReports(reporters, {
      request,
      kind,
      tally,
      colors,
      hasLiveView,
      write,
      pageOf: (id, seed) => tracing.pageOf(id, seed),
      pageCount: () => tracing.count,
      pagelessCount: () => tracing.pagelessCount,
    });
    await runTasks(
      tasksOf(request),
      { runner: tracing.around(runner), jobs, signal },
      {
        onStart(task) {
          reports.onStart?.(task);
          view?.onStart(task);
        },
        onEnd: (task, report) => view?.onEnd(task, report),
        onReport(task, report) {
          tally.add(task.test, report);
          const lines = tracing.takeLog(task.test.id, task.seed);
          if (lines.length > 0) writeLog(`${lines.join('\n')}\n`);
          reports.onReport(task, report);
        },
      },
    );
    await tracing.traceFirstOfEachCause(tally.causes, { runner, signal });
    return reports;
  } finally {
    // After an interrupt a thread may be in the middle of a test: do not wait for it.
    const closed = runner.close();
    if (!signal.aborted) await closed;
  }
}
