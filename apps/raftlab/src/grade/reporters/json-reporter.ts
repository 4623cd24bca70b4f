// The whole grading as one JSON document, written while it runs, one test per line: a long series needs no memory, and two
// gradings can be compared line by line.
import type { TestReport } from '@raftlab/test-harness';
import { replayCommand } from '../lab-lines.ts';
import type { Task } from '../test-runner.ts';
import { gradingReportVersion, type GradingReport, type TestRecord } from './report-document.ts';
import type { GradingResult, Reporter, ReporterOptions } from './reporter.ts';

export class JsonReporter implements Reporter {
  readonly #options: ReporterOptions;
  #isFirst = true;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { tests, mode, seed, runs, shard, jobs, storage, implementation } = options.request;
    const command: GradingReport['command'] = {
      tests: tests.map(({ id }) => id),
      mode,
      seed,
      runs,
      jobs,
      storage,
      implementation: implementation?.path,
      ...(implementation?.isOnOurRaft === true && { raft: 'ours' }),
      ...(shard.count > 1 && { shard }),
    };
    options.write(
      `{\n"version": ${gradingReportVersion},\n"command": ${JSON.stringify(command)},\n"tests": [\n`,
    );
  }

  onReport(task: Task, report: TestReport): void {
    const record = JSON.stringify(testRecord(task, report, this.#options));
    this.#options.write(`${this.#isFirst ? '' : ',\n'}${record}`);
    this.#isFirst = false;
  }

  end(result: GradingResult): void {
    const { tally, kind, pageOf, write } = this.#options;
    const totals: GradingReport['totals'] = {
      passed: tally.passed,
      failed: tally.failed,
      isInterrupted: result.isInterrupted,
      traceHash: tally.traceHash,
      clockMs: tally.clockMs,
      realMs: rounded(result.realMs),
      cpuMs: rounded(result.cpuMs),
      failures: tally.failures.map(({ id, cause, count, firstSeed }) => ({
        id,
        cause,
        count,
        firstSeed,
        replay: replayCommand(id, firstSeed, kind),
        ...pageOf(id, firstSeed),
      })),
    };
    write(`\n],\n"totals": ${JSON.stringify(totals)}\n}\n`);
  }
}

function testRecord({ test }: Task, report: TestReport, { kind, pageOf }: ReporterOptions): TestRecord {
  const { id, mode, seed, statistics, largestLogSizeBytes, eventCount, traceHash, failure } = report;
  const { clockMs, realMs, cpuMs, warnings } = report;
  return {
    id,
    part: test.part,
    title: test.title,
    mode,
    seed,
    outcome: failure === undefined ? 'passed' : 'failed',
    statistics,
    largestLogSizeBytes,
    eventCount,
    traceHash,
    times: { clockMs, realMs: rounded(realMs), cpuMs: rounded(cpuMs) },
    ...(warnings.length > 0 && { warnings }),
    ...(failure === undefined
      ? {}
      : {
          failure: {
            kind: failure.kind,
            message: failure.message,
            step: failure.step,
            atMs: failure.atMs,
            recentEvents: failure.recentEvents,
            replay: replayCommand(id, seed, kind),
            ...pageOf(id, seed),
          },
        }),
  };
}

/** To microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
