// The grading as JUnit XML for CI servers: a suite for each part, a case for each test. A suite's counts precede its cases, so the
// document is written at the end.
import type { TestReport } from '@raftlab/test-harness';
import pc from 'picocolors';
import { failedLines } from '../lab-lines.ts';
import type { Task } from '../test-runner.ts';
import type { GradingResult, Reporter, ReporterOptions } from './reporter.ts';
import { element, xmlDeclaration } from './xml.ts';

interface Suite {
  readonly cases: string[];
  failed: number;
  realMs: number;
}

export class JunitReporter implements Reporter {
  readonly #options: ReporterOptions;
  readonly #suites = new Map<string, Suite>();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  onReport(task: Task, report: TestReport): void {
    const { part } = task.test;
    const suite = this.#suites.get(part) ?? { cases: [], failed: 0, realMs: 0 };
    suite.cases.push(this.#testCase(task, report));
    suite.realMs += report.realMs;
    if (report.failure !== undefined) suite.failed += 1;
    this.#suites.set(part, suite);
  }

  end({ realMs }: GradingResult): void {
    const { tally, request, write } = this.#options;
    const suites = [...this.#suites].map(([part, suite]) =>
      element(
        'testsuite',
        {
          name: part,
          tests: suite.cases.length,
          failures: suite.failed,
          errors: 0,
          skipped: 0,
          time: inSeconds(suite.realMs),
        },
        suite.cases,
      ),
    );
    const root = {
      name: `Raft, seed ${request.seed}`,
      tests: tally.passed + tally.failed,
      failures: tally.failed,
      errors: 0,
      time: inSeconds(realMs),
    };
    write(`${xmlDeclaration}\n${element('testsuites', root, suites)}\n`);
  }

  #testCase({ test, seed }: Task, report: TestReport): string {
    const { request, kind, pageOf } = this.#options;
    const page = pageOf(test.id, seed);
    const attributes = {
      classname: test.part,
      // CI servers identify a test by its name: the seed is part of it only if several runs would share it.
      name: request.runs === 1 ? test.id : `${test.id} seed ${seed}`,
      time: inSeconds(report.realMs),
    };
    const properties = { seed, mode: report.mode, clockMs: report.clockMs, traceHash: report.traceHash };
    const { failure, warnings } = report;
    return element('testcase', attributes, [
      element(
        'properties',
        {},
        Object.entries(properties).map(([name, value]) => element('property', { name, value })),
      ),
      ...(failure === undefined
        ? []
        : [
            element(
              'failure',
              { type: failure.kind, message: failure.message.split('\n', 1).join('') },
              { text: failedLines(test, report, { kind, colors: pc.createColors(false), page }).join('\n') },
            ),
          ]),
      ...(warnings.length === 0
        ? []
        : [element('system-out', {}, { text: warnings.map((text) => `warning: ${text}`).join('\n') })]),
    ]);
  }
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
