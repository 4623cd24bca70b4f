// The totals of a grading. Every line except the one that begins with `time` is the same for the same seed.
import { createHash, type Hash } from 'node:crypto';
import type { GradedTest, Statistics, TestReport } from '@raftlab/test-harness';
import { duration } from '../duration.ts';
import { pagesMax } from '../traces/trace-choice.ts';
import { pageLines, type FailurePage } from './failure-page.ts';
import { replayCommand, type RunKind } from './lab-lines.ts';
import { countOf, FailureGroups, type FailureGroup } from './reporters/failure-groups.ts';
import { suites } from './suites.ts';

export class Tally {
  passed = 0;
  failed = 0;
  /** Sum over the tests of the time on their own clocks. */
  clockMs = 0;
  /** In bytes, by part; of parts whose tests measure it. */
  readonly #largestLogs = new Map<string, number>();
  readonly #failures = new FailureGroups();
  readonly #warnings = new FailureGroups();
  readonly #statistics = new Map<string, Statistics[]>();
  readonly #hash: Hash = createHash('sha256');
  readonly #keepsStatistics: boolean;

  /** `keepsStatistics` is for --compare-lab. Otherwise a long series keeps only its failures. */
  constructor({ keepsStatistics }: { keepsStatistics: boolean }) {
    this.#keepsStatistics = keepsStatistics;
  }

  add(test: GradedTest, report: TestReport): void {
    this.clockMs += report.clockMs;
    const { largestLogSizeBytes } = report;
    this.#largestLogs.set(test.part, Math.max(this.#largestLogs.get(test.part) ?? 0, largestLogSizeBytes));
    for (const message of report.warnings) this.#warnings.add(report, { kind: 'TestFailure', message });
    this.#hash.update(`${report.id} ${report.traceHash}\n`);
    if (this.#keepsStatistics) {
      const known = this.#statistics.get(test.id) ?? [];
      known.push(report.statistics);
      this.#statistics.set(test.id, known);
    }
    if (report.failure === undefined) {
      this.passed += 1;
      return;
    }
    this.failed += 1;
    this.#failures.add(report, report.failure);
  }

  get done(): number {
    return this.passed + this.failed;
  }

  /** By test and cause. */
  get failures(): readonly FailureGroup[] {
    return this.#failures.list();
  }

  /** The first group of each cause. */
  get causes(): readonly FailureGroup[] {
    return this.#failures.byCause().map(([first]) => first);
  }

  /** A fingerprint of all tests so far, in the order of the schedule. */
  get traceHash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  /** By test id, one for each run. */
  get statistics(): ReadonlyMap<string, readonly Statistics[]> {
    return this.#statistics;
  }

  /** Failures grouped by cause, each with a command that repeats the first. */
  failureTable(kind: RunKind, { pageOf, pagelessCount }: FailurePages): string[] {
    if (this.failed === 0) return [];
    const rows = this.#failures
      .byCause()
      .flatMap((groups) => [
        ...causeLines(groups, kind),
        ...pageLines(pageOf(groups[0].id, groups[0].firstSeed)).map(
          (line, offset) => `         ${offset === 0 ? 'page: ' : ''}${line}`,
        ),
      ]);
    return ['failures by cause:', ...rows, ...pagelessLine(pagelessCount)];
  }

  /** Warnings grouped in the same way. */
  warningTable(kind: RunKind): string[] {
    const causes = this.#warnings.byCause();
    if (causes.length === 0) return [];
    return ['warnings by cause:', ...causes.flatMap((groups) => causeLines(groups, kind))];
  }

  summaryLines({ seed, runs, isReal }: { seed: number; runs: number; isReal: boolean }): string[] {
    const clock = isReal ? 'test time' : 'virtual time';
    return [
      `${this.passed} passed, ${this.failed} failed`,
      `${clock.padEnd(13)}${duration(this.clockMs)}`,
      `seed         ${seed}${runs > 1 ? ` to ${seed + runs - 1}` : ''}`,
      ...(isReal ? [] : [`trace hash   ${this.traceHash}`]),
      ...this.#largestLogLines(),
    ];
  }

  #largestLogLines(): string[] {
    const parts = suites.flatMap(({ parts: ofSuite }) => ofSuite);
    return parts.flatMap(({ id, maxLogSizeBytes }) => {
      const sizeBytes = this.#largestLogs.get(id) ?? 0;
      if (maxLogSizeBytes === undefined || sizeBytes === 0) return [];
      return [`largest log  ${sizeBytes} bytes persisted (${id} allows ${maxLogSizeBytes})`];
    });
  }
}

/** The pages of failures. */
export interface FailurePages {
  readonly pageOf: (id: string, seed: number) => FailurePage;
  /** Causes without a page because there are too many causes. */
  readonly pagelessCount: number;
}

function causeLines(groups: readonly [FailureGroup, ...FailureGroup[]], kind: RunKind): string[] {
  const [{ id, cause, count, firstSeed, seeds }] = groups;
  const more = count > seeds.length ? ', …' : '';
  const isOneTest = groups.length === 1;
  return [
    `  ${String(countOf(groups)).padStart(5)}  ${isOneTest ? id : `in ${groups.length} tests`}: ${cause}`,
    ...(isOneTest ? [] : [`         ${groups.map((group) => `${group.count} ${group.id}`).join(', ')}`]),
    `         seeds ${seeds.join(', ')}${more}; replay: ${replayCommand(id, firstSeed, kind)}`,
  ];
}

function pagelessLine(count: number): string[] {
  if (count === 0) return [];
  return [`  ${count} causes have no page: a grading writes ${pagesMax}, and a replay writes its own`];
}
