// The lab's text: for one run two lines per test, for many runs progress and failures; then the tables and the summary.
import type { TestReport } from '@raftlab/test-harness';
import { duration } from '../../duration.ts';
import { compareWithLab } from '../compare-lab.ts';
import { failedLines, passedLines, titleLine } from '../lab-lines.ts';
import { nextStepLine } from '../next-step.ts';
import type { GradeRequest } from '../request.ts';
import { suiteOf } from '../suites.ts';
import type { Task } from '../test-runner.ts';
import type { GradingResult, Reporter, ReporterOptions } from './reporter.ts';

/** Without a live view, many runs print this many lines of progress. */
const progressSteps = 10;

export class LabReporter implements Reporter {
  readonly #options: ReporterOptions;
  /** Whether the title of a test is printed when it starts, as in the lab. */
  readonly #announces: boolean;
  readonly #isOneRun: boolean;

  constructor(options: ReporterOptions) {
    const { request, hasLiveView } = options;
    this.#options = options;
    this.#isOneRun = request.runs === 1;
    this.#announces = this.#isOneRun && request.jobs === 1 && !hasLiveView;
  }

  onStart({ test }: Task): void {
    if (this.#announces) this.#print([titleLine(test)]);
  }

  onReport({ test }: Task, report: TestReport): void {
    const { kind, colors, hasLiveView, pageOf } = this.#options;
    const title = this.#announces ? [] : [titleLine(test)];
    if (report.failure !== undefined) {
      this.#print([
        ...title,
        ...failedLines(test, report, { kind, colors, page: pageOf(test.id, report.seed) }),
      ]);
    } else if (this.#isOneRun) {
      this.#print([...title, ...passedLines(suiteOf(test), report, colors)]);
    }
    if (!this.#isOneRun && !hasLiveView) this.#printProgress();
  }

  end({ isInterrupted, realMs, cpuMs }: GradingResult): void {
    const { request, kind, tally, pageOf, pageCount, pagelessCount } = this.#options;
    this.#print(tally.failureTable(kind, { pageOf, pagelessCount: pagelessCount() }));
    if (!this.#isOneRun) this.#print(tally.warningTable(kind));
    if (request.comparesWithLab) this.#print(['', ...compareWithLab(request.tests, tally.statistics)]);
    this.#print([
      '',
      ...(isInterrupted ? ['interrupted; so far:'] : []),
      ...tally.summaryLines({ ...request, isReal: kind.isReal }),
      ...pagesLine(request, pageCount()),
      ...(isInterrupted || tally.failed > 0 ? [] : nextStepLine(request)),
      `time         real ${duration(realMs)}, CPU ${duration(cpuMs)}`,
    ]);
  }

  #printProgress(): void {
    const { tally, request } = this.#options;
    const { done, failed, clockMs } = tally;
    const total = request.tests.length * request.runs;
    const stepsAt = (count: number): number => Math.floor((count * progressSteps) / total);
    if (stepsAt(done) === stepsAt(done - 1)) return;
    const clocks = `${duration(clockMs)} on their clocks`;
    this.#print([`${done} of ${total} tests in ${request.runs} runs, ${failed} failed, ${clocks}`]);
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#options.write(`${lines.join('\n')}\n`);
  }
}

/** The traces of --trace; pages of failures are printed with them. */
function pagesLine({ trace: { file }, tests, runs }: GradeRequest, count: number): string[] {
  if (file === undefined) return [];
  return [
    `written      ${tests.length * runs === 1 ? file : `${count} traces, ${file} with test and seed in its name`}`,
  ];
}
