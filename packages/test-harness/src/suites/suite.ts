// What a graded suite is, as data: vitest, the command line and the benchmarks run the same lists and know no lab by name.
import type { Cluster, TestSetting } from '../cluster/cluster.ts';
import type { Statistics } from '../cluster/statistics.ts';
import type { Implementation } from '../implementation.ts';

/** The tests of one lab, and how their results are shown. */
export interface Suite {
  /** E.g. `lab3`. */
  readonly id: string;
  /** What it grades, e.g. `MIT 6.5840 Lab 3`. */
  readonly title: string;
  /** In the lab's order. */
  readonly parts: readonly SuitePart[];
  /** In the lab's order, part by part. */
  readonly tests: readonly GradedTest[];
  /** The numbers of a "Passed" line, from left to right. */
  readonly columns: readonly Column[];
  /** What the course publishes for a passing run, by test id and column id. Tests without figures are left out. */
  readonly publishedFigures: ReadonlyMap<string, Statistics>;
}

/** A group of tests that is handed in together. */
export interface SuitePart {
  /** E.g. `3A`; no two parts of any suites share it. */
  readonly id: string;
  readonly title: string;
  /** The most that a server may persist of its log in this part, in bytes, where the part has such a bound. */
  readonly maxLogSizeBytes?: number;
}

/** One test, as data. */
export interface GradedTest {
  /** The lab's name, e.g. `TestInitialElection3A`. */
  readonly id: string;
  /** The id of its part. */
  readonly part: string;
  /** What the lab prints after `Test (3A): `. */
  readonly title: string;
  readonly servers: number;
  /** Makes the cluster that the test runs on; nothing has started there yet. */
  readonly open: (setting: TestSetting, implementation: Implementation) => OpenTest;
}

/** A test that can run, once. */
export interface OpenTest {
  readonly cluster: Cluster;
  /** Rejects when a check fails. The cluster must be set up. */
  readonly run: () => Promise<void>;
}

/** One number of a "Passed" line. */
export interface Column {
  /** Its key in Statistics. */
  readonly id: string;
  /** Its name in tables. */
  readonly heading: string;
  /** How many characters it takes, padded on the left. */
  readonly width: number;
  readonly decimals: number;
  /** What its published figure is: the size to expect, or a bound that no run should pass. Undefined: it is not compared. */
  readonly published?: 'typical' | 'bound';
}
