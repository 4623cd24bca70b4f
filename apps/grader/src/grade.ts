// The whole of a run: from the command to the exit code.
import { SystemClock } from '@raftlab/runtime';
import type { GradeCommand } from './command.ts';
import { compareWithLab } from './compare-lab.ts';
import type { Console } from './console.ts';
import { openExecutor, type Executor } from './executor.ts';
import { failureTable } from './failure-table.ts';
import { resultLines, titleLine } from './lab-lines.ts';
import { listTests } from './list-tests.ts';
import { noProgress, openProgress } from './progress.ts';
import { schedule } from './schedule.ts';
import { summaryLines } from './summary.ts';
import { Tally } from './tally.ts';
import { planTasks, type Task } from './task.ts';

export type ExitCode = 0 | 1 | 130;

/** Another executor runs other tests, or another Raft, in the same way. */
export interface GradeParts {
  readonly openExecutor: (command: GradeCommand) => Executor;
  /** Standard error: where the progress of many runs goes. */
  readonly stream: NodeJS.WriteStream;
}

const ownParts: GradeParts = { openExecutor, stream: process.stderr };

/** Prints to the console; does not end the process. */
export async function grade(
  command: GradeCommand,
  terminal: Pick<Console, 'print' | 'colors'>,
  parts: GradeParts = ownParts,
): Promise<ExitCode> {
  const { tests, mode, seed, runs, jobs, comparesLab } = command;
  const { colors } = terminal;
  if (command.lists) {
    terminal.print(...listTests(tests));
    return 0;
  }

  const clock = new SystemClock();
  const startedAt = clock.now();
  const cpuBefore = process.cpuUsage();
  const isSeries = runs > 1;
  const tally = new Tally({ keepsSamples: comparesLab });
  const executor = parts.openExecutor(command);
  const progress = isSeries
    ? openProgress({ runs, testCount: tests.length, stream: parts.stream })
    : noProgress;
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once('SIGINT', onInterrupt);

  let titled: Task | undefined;
  const printTitle = (task: Task): void => {
    if (titled !== task) terminal.print(titleLine(task.test));
    titled = task;
  };
  await schedule(planTasks(command), {
    jobs,
    execute: executor.execute,
    signal: interrupt.signal,
    onTurn: (task) => {
      if (!isSeries) printTitle(task);
    },
    onReport: (task, report) => {
      tally.add(report);
      if (!isSeries || report.failure !== undefined) {
        printTitle(task);
        terminal.print(...resultLines(report, colors));
      }
      progress.update(task.run, tally);
    },
  });
  process.off('SIGINT', onInterrupt);
  progress.stop();
  await executor.close();

  const cpu = process.cpuUsage(cpuBefore);
  if (isSeries) terminal.print(...failureTable(tally.failures, runs));
  if (comparesLab) terminal.print(...compareWithLab(tests, (id) => tally.samples(id)));
  const facts = {
    mode,
    seed,
    runs,
    taskCount: tests.length * runs,
    realMs: clock.now() - startedAt,
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
  terminal.print(...summaryLines(tally, facts, colors));
  if (tally.finished < facts.taskCount) return 130;
  return tally.failed > 0 ? 1 : 0;
}
