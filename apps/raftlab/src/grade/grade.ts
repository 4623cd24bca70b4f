// One grading from the parsed command to the exit code: reporters hear of tests as they come and go.
import { SystemClock } from '@raftlab/runtime';
import type { GradedTest } from '@raftlab/test-harness';
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { GradeCommand, Terminal } from './command.ts';
import type { RunKind } from './lab-lines.ts';
import { hasDocument } from './reporters/choice.ts';
import { LiveView, type Screen } from './reporters/live-view.ts';
import { openReports } from './reporters/open-reports.ts';
import type { Reporter } from './reporters/reporter.ts';
import { openWorkplace, runTasks, tasksOf, type Workplace } from './schedule.ts';
import { Tally } from './summary.ts';
import { Tracing } from './tracing.ts';
import { makeFolderFor } from '../traces/write-trace.ts';

export interface GradeContext {
  readonly terminal: Terminal;
  /** Where the live view is drawn; without it there is none. */
  readonly screen?: Screen | undefined;
  /** None unless given. */
  readonly colors?: Colors;
  /** How wide the terminal is, if standard output is one: a log finds room in it. */
  readonly columns?: number | undefined;
  readonly signal: AbortSignal;
  /** Ours by default; tests of the grader itself put broken ones here. */
  readonly workplace?: Workplace;
}

/** 0 when all passed, 1 when a test failed, 130 when it was interrupted. Throws ModuleError, ReportFileError and TraceFileError. */
export async function grade(command: GradeCommand, context: GradeContext): Promise<0 | 1 | 130> {
  const { terminal, screen, signal } = context;
  if (command.trace.file !== undefined) makeFolderFor(command.trace.file);
  const clock = new SystemClock();
  const startedAt = clock.now();
  const workplace = context.workplace ?? (await openWorkplace(command));
  const isTorn = (): boolean => workplace.hasPrinted?.() === true;
  const view = screen === undefined ? undefined : new LiveView({ screen, clock, command, isTorn });
  const above = (write: () => void): void => (view === undefined ? write() : view.above(write));
  const isDocument = hasDocument(command.reporters);
  const tally = new Tally({ keepsStatistics: command.comparesWithLab });
  let reports: Reporter;
  try {
    reports = await runReported(command, context, {
      workplace,
      tally,
      view,
      write: (text) => above(() => terminal.out(text)),
      writeLog: (text) => above(() => (isDocument ? terminal.error(text) : terminal.out(text))),
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

interface Equipment {
  readonly workplace: Workplace;
  readonly tally: Tally;
  readonly view: LiveView | undefined;
  readonly write: (text: string) => void;
  /** The log is in no report: it must not get into a document. */
  readonly writeLog: (text: string) => void;
}

/** Gives the reports without their ends. */
async function runReported(
  command: GradeCommand,
  { colors = pc.createColors(false), columns, signal }: GradeContext,
  { workplace, tally, view, write, writeLog }: Equipment,
): Promise<Reporter> {
  const { mode, storage, jobs, implementation, reporters } = command;
  const kind: RunKind = { isReal: mode === 'real', storage, implementation };
  const log = command.log && { ...command.log, width: columns, hasColors: colors.isColorSupported };
  try {
    const tracing = new Tracing(command, kind, log);
    const hasLiveView = view !== undefined;
    const reports = openReports(reporters, {
      command,
      kind,
      tally,
      colors,
      hasLiveView,
      write,
      lookAt: (id, seed) => tracing.lookAt(id, seed),
      pageCount: () => tracing.count,
      pagelessCount: () => tracing.pagelessCount,
    });
    await runTasks(
      tasksOf(command),
      { workplace: tracing.around(workplace), jobs, signal },
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
    await tracing.traceGroups(tally.failures, { workplace, signal });
    return reports;
  } finally {
    // An interrupted thread may be in the middle of a test; nothing waits for it.
    const closed = workplace.close();
    if (!signal.aborted) await closed;
  }
}

/** What --list prints. */
export function testList(tests: readonly GradedTest[]): string[] {
  const width = Math.max(...tests.map(({ id }) => id.length));
  return tests.map(
    ({ id, part, servers, title }) => `${part}  ${id.padEnd(width)}  ${servers} servers  ${title}`,
  );
}
