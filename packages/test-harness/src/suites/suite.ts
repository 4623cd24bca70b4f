// A graded suite as data: vitest, the command line and the benchmarks run the same lists and depend on no particular lab.
import type { Cluster, TestSetting } from '../cluster/cluster.ts';
import type { Statistics } from '../cluster/statistics.ts';
import type { Implementation } from '../implementation.ts';

/** The tests of one lab, and how their results are printed. */
export interface Suite {
  /** E.g. `lab3`. */
  readonly id: string;
  /** The subject of the suite, e.g. `MIT 6.5840 Lab 3`. */
  readonly title: string;
  /** In the lab's order. */
  readonly parts: readonly SuitePart[];
  /** In the lab's order, grouped by part. */
  readonly tests: readonly GradedTest[];
  /** The numbers of a "Passed" line, from left to right. */
  readonly columns: readonly Column[];
  /** The line with which the lab begins a test, without its dots: `Test (3A): initial election`. */
  readonly headingOf: (test: Pick<GradedTest, 'part' | 'title'>) => string;
  /** The figures that the course publishes for a passing run, by test id and column id. Tests without figures are missing. */
  readonly publishedFigures: ReadonlyMap<string, Statistics>;
}

/** A group of tests that is submitted together. */
export interface SuitePart {
  /** E.g. `3A`; no two parts of any suites share it. */
  readonly id: string;
  readonly title: string;
  /** The maximum size of the log that a server persists in this part, in bytes, if the part has such a bound. */
  readonly maxLogSizeBytes?: number;
}

/** The numbers that the course prints for a test of a service, and its line before the test. */
export const serviceOutput: Pick<Suite, 'columns' | 'headingOf'> = {
  columns: [
    { id: 'seconds', heading: 'time', width: 4, decimals: 1, published: 'typical' },
    { id: 'servers', heading: 'servers', width: 2, decimals: 0 },
    { id: 'rpcs', heading: 'RPCs', width: 5, decimals: 0, published: 'typical' },
    { id: 'ops', heading: 'ops', width: 4, decimals: 0, published: 'typical' },
  ],
  headingOf: ({ part, title }) => `Test: ${title} (${part})`,
};

/** One test, as data. */
export interface GradedTest {
  /** The lab's name, e.g. `TestInitialElection3A`; no two tests of any suites share it. */
  readonly id: string;
  /** The id of its part. */
  readonly part: string;
  /** What the test shows, in the lab's words. */
  readonly title: string;
  readonly servers: number;
  /** Makes the cluster of the test; nothing is started in it yet. */
  readonly open: (setting: TestSetting, implementation: Implementation) => OpenTest;
}

/** A test that can be run once. */
export interface OpenTest {
  readonly cluster: Cluster;
  /** Rejects if a check fails. The cluster must be set up. */
  readonly run: () => Promise<void>;
}

/** One number of a "Passed" line. */
export interface Column {
  /** Its key in Statistics. */
  readonly id: string;
  /** Its name in tables. */
  readonly heading: string;
  /** Its width in characters, padded on the left. */
  readonly width: number;
  readonly decimals: number;
  /** The meaning of its published figure: an expected size, or a bound that no run should exceed. Undefined: not compared. */
  readonly published?: 'typical' | 'bound';
}
