// One grading from the parsed command to the exit code: lines as tests finish, then the tables and the summary.
import { SystemClock } from '@raftlab/runtime';
import type { GradedTest } from '@raftlab/test-harness';
import ora from 'ora';
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { compareWithLab } from './compare-lab.ts';
import type { GradeCommand, Terminal } from './command.ts';
import { failedLines, passedLine, titleLine, type RunKind } from './lab-lines.ts';
import { openWorkplace, runTasks, tasksOf, type ScheduleListener, type Workplace } from './schedule.ts';
import { duration, Tally } from './summary.ts';

/** Not on a terminal, progress over many runs is a line at each of this many steps. */
const progressSteps = 10;

export interface GradeContext {
  readonly terminal: Terminal;
  readonly isTerminal: boolean;
  /** None unless given. */
  readonly colors?: Colors;
  readonly signal: AbortSignal;
  /** Ours by default; tests of the grader itself put broken ones here. */
  readonly workplace?: Workplace;
}

/** 0 when all passed, 1 when a test failed, 130 when it was interrupted. */
export async function grade(command: GradeCommand, context: GradeContext): Promise<0 | 1 | 130> {
  const { tests, mode, storage, seed, runs, jobs, implementation } = command;
  const { terminal, signal, colors = pc.createColors(false) } = context;
  const say = (lines: readonly string[]): void => {
    if (lines.length > 0) terminal.out(`${lines.join('\n')}\n`);
  };
  const kind: RunKind = { isReal: mode === 'real', storage, implementation };
  const clock = new SystemClock();
  const startedAt = clock.now();
  const tally = new Tally({ keepsStatistics: command.comparesWithLab });
  const listener =
    runs === 1
      ? everyTest(tally, kind, jobs, colors, say)
      : onlyFailures(tally, kind, command, { ...context, colors }, say);
  const workplace = context.workplace ?? (await openWorkplace(command));
  try {
    await runTasks(tasksOf(command), { workplace, jobs, signal }, listener);
  } finally {
    listener.end();
    // An interrupted thread may be in the middle of a test; nothing waits for it.
    const closed = workplace.close();
    if (!signal.aborted) await closed;
  }
  say(tally.failureTable(kind));
  if (command.comparesWithLab) say(['', ...compareWithLab(tests, tally.statistics)]);
  const { user, system } = process.cpuUsage();
  say([
    '',
    ...(signal.aborted ? ['interrupted; so far:'] : []),
    ...tally.summaryLines({ seed, runs, isReal: kind.isReal }),
    `time         real ${duration(clock.now() - startedAt)}, CPU ${duration((user + system) / 1000)}`,
  ]);
  if (signal.aborted) return 130;
  return tally.failed === 0 ? 0 : 1;
}

interface Listener extends ScheduleListener {
  end(): void;
}

type Say = (lines: readonly string[]) => void;

/** The lab's two lines for each test. */
function everyTest(tally: Tally, kind: RunKind, jobs: number, colors: Colors, say: Say): Listener {
  return {
    onStart: ({ test }) => say([titleLine(test)]),
    onReport({ test }, report) {
      tally.add(test, report);
      if (jobs > 1) say([titleLine(test)]);
      say(
        report.failure === undefined
          ? [passedLine(report.statistics, colors)]
          : failedLines(test, report, kind, colors),
      );
    },
    end: () => undefined,
  };
}

/** Progress, and whatever fails. */
function onlyFailures(
  tally: Tally,
  kind: RunKind,
  { tests, runs }: GradeCommand,
  { isTerminal, colors }: Pick<GradeContext, 'isTerminal'> & { colors: Colors },
  say: Say,
): Listener {
  const total = tests.length * runs;
  const progress = (): string =>
    `${tally.passed + tally.failed} of ${total} tests in ${runs} runs, ${tally.failed} failed, ${duration(tally.clockMs)} on their clocks`;
  const spinner = isTerminal ? ora({ text: progress(), discardStdin: false }).start() : undefined;
  return {
    onReport({ test }, report) {
      tally.add(test, report);
      const done = tally.passed + tally.failed;
      if (report.failure !== undefined) {
        spinner?.clear();
        say([titleLine(test), ...failedLines(test, report, kind, colors)]);
      }
      if (spinner !== undefined) spinner.text = progress();
      else if (
        Math.floor((done * progressSteps) / total) > Math.floor(((done - 1) * progressSteps) / total)
      ) {
        say([progress()]);
      }
    },
    end: () => spinner?.stop(),
  };
}

/** What --list prints. */
export function testList(tests: readonly GradedTest[]): string[] {
  const width = Math.max(...tests.map(({ id }) => id.length));
  return tests.map(
    ({ id, part, servers, title }) => `${part}  ${id.padEnd(width)}  ${servers} servers  ${title}`,
  );
}
