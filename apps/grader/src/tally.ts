// What is kept of a whole run while its reports pass by: counts, sums, one hash, the failures, and for the comparison with
// the lab page three small numbers per passed test. Nothing else grows with the number of runs.
import { createHash, type Hash } from 'node:crypto';
import { replayCommand } from './replay-command.ts';
import type { TaskReport } from './task.ts';

/** Failing seeds that are kept per test; beyond them failures are only counted. All are printed when they happen. */
const keptFailureCount = 20;

export interface FailureTally {
  readonly testId: string;
  count: number;
  /** Of the first failures. */
  readonly seeds: number[];
  readonly replayCommands: string[];
}

/** Figures of the passed runs of one test. */
export interface Samples {
  readonly seconds: number[];
  readonly rpcs: number[];
  readonly bytes: number[];
}

export class Tally {
  passed = 0;
  failed = 0;
  /** Sum over the tests' own clocks. */
  clockMs = 0;
  readonly #keepsSamples: boolean;
  readonly #hash: Hash = createHash('sha256');
  readonly #failures = new Map<string, FailureTally>();
  readonly #samples = new Map<string, Samples>();

  constructor({ keepsSamples }: { keepsSamples: boolean }) {
    this.#keepsSamples = keepsSamples;
  }

  /** The order of the reports matters to the trace hash. */
  add(report: TaskReport): void {
    this.clockMs += report.clockMs;
    this.#hash.update(`${report.traceHash}\n`);
    if (report.failure === undefined) {
      this.passed += 1;
      if (this.#keepsSamples) this.#addSample(report);
    } else {
      this.failed += 1;
      this.#addFailure(report);
    }
  }

  get finished(): number {
    return this.passed + this.failed;
  }

  /** In the order of their first failure. */
  get failures(): readonly FailureTally[] {
    return [...this.#failures.values()];
  }

  /** Undefined when the test has not passed once. */
  samples(testId: string): Samples | undefined {
    return this.#samples.get(testId);
  }

  /** Over the trace hashes of all reports so far: 16 hexadecimal digits. */
  traceHash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  #addFailure(report: TaskReport): void {
    const { id: testId, seed } = report;
    const failure = this.#failures.get(testId) ?? { testId, count: 0, seeds: [], replayCommands: [] };
    this.#failures.set(testId, failure);
    failure.count += 1;
    if (failure.seeds.length === keptFailureCount) return;
    failure.seeds.push(seed);
    failure.replayCommands.push(replayCommand(report));
  }

  #addSample({ id, statistics }: TaskReport): void {
    const samples = this.#samples.get(id) ?? { seconds: [], rpcs: [], bytes: [] };
    this.#samples.set(id, samples);
    samples.seconds.push(statistics.seconds);
    samples.rpcs.push(statistics.rpcs);
    samples.bytes.push(statistics.bytes);
  }
}
