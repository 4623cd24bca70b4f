// The lab's text. For one run it has two lines for each test; for many runs progress and whatever fails. Then the tables and
// the summary.
import type { TestReport } from '@raftlab/test-harness';
import type { GradeCommand } from '../command.ts';
import { compareWithLab } from '../compare-lab.ts';
import { failedLines, passedLine, titleLine } from '../lab-lines.ts';
import type { Task } from '../schedule.ts';
import { duration } from '../summary.ts';
import type { GradingResult, Reporter, ReporterOptions } from './reporter.ts';

/** Without a live view, progress over many runs is a line at each of this many steps. */
const progressSteps = 10;

export class LabReporter implements Reporter {
  readonly #options: ReporterOptions;
  /** Whether a title stands there while its test runs, as in the lab. */
  readonly #announces: boolean;
  readonly #isOneRun: boolean;

  constructor(options: ReporterOptions) {
    const { command, hasLiveView } = options;
    this.#options = options;
    this.#isOneRun = command.runs === 1;
    this.#announces = this.#isOneRun && command.jobs === 1 && !hasLiveView;
  }

  onStart({ test }: Task): void {
    if (this.#announces) this.#say([titleLine(test)]);
  }

  onReport({ test }: Task, report: TestReport): void {
    const { kind, colors, hasLiveView, lookAt } = this.#options;
    const title = this.#announces ? [] : [titleLine(test)];
    if (report.failure !== undefined) {
      this.#say([
        ...title,
        ...failedLines(test, report, { kind, colors, look: lookAt(test.id, report.seed) }),
      ]);
    } else if (this.#isOneRun) {
      this.#say([...title, passedLine(report.statistics, colors)]);
    }
    if (!this.#isOneRun && !hasLiveView) this.#sayProgress();
  }

  end({ isInterrupted, realMs, cpuMs }: GradingResult): void {
    const { command, kind, tally, lookAt, pageCount, pagelessCount } = this.#options;
    this.#say(tally.failureTable(kind, { lookAt, pagelessCount: pagelessCount() }));
    if (command.comparesWithLab) this.#say(['', ...compareWithLab(command.tests, tally.statistics)]);
    this.#say([
      '',
      ...(isInterrupted ? ['interrupted; so far:'] : []),
      ...tally.summaryLines({ ...command, isReal: kind.isReal }),
      ...pagesLine(command, pageCount()),
      `time         real ${duration(realMs)}, CPU ${duration(cpuMs)}`,
    ]);
  }

  #sayProgress(): void {
    const { tally, command } = this.#options;
    const { done, failed, clockMs } = tally;
    const total = command.tests.length * command.runs;
    const stepsAt = (count: number): number => Math.floor((count * progressSteps) / total);
    if (stepsAt(done) === stepsAt(done - 1)) return;
    const clocks = `${duration(clockMs)} on their clocks`;
    this.#say([`${done} of ${total} tests in ${command.runs} runs, ${failed} failed, ${clocks}`]);
  }

  #say(lines: readonly string[]): void {
    if (lines.length > 0) this.#options.write(`${lines.join('\n')}\n`);
  }
}

/** What --trace has written; pages of failures stand with them. */
function pagesLine({ trace: { file }, tests, runs }: GradeCommand, count: number): string[] {
  if (file === undefined) return [];
  return [
    `written      ${tests.length * runs === 1 ? file : `${count} traces, ${file} with test and seed in its name`}`,
  ];
}
