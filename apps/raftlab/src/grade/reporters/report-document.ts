// The document that the json reporter writes; docs/reports.md has an example. Removing a field, or changing its meaning,
// requires a new version.
import type { Statistics, TimeMode } from '@raftlab/test-harness';
import { z } from 'zod';

/** The version of the document that is written and read. */
export const gradingReportVersion = 1;

/** The JSON document of one grading. */
export interface GradingReport {
  readonly version: typeof gradingReportVersion;
  readonly command: ReportedCommand;
  /** In the order of the schedule: run by run, and in each run in the lab's order. */
  readonly tests: readonly TestRecord[];
  readonly totals: GradingTotals;
}

/** The parameters. Run k, from 0, has the seed plus k. */
export interface ReportedCommand {
  readonly tests: readonly string[];
  readonly mode: TimeMode;
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  readonly storage: string;
  /** The module of --impl, as it was given; absent if our Raft was graded. */
  readonly implementation?: string | undefined;
  /** The service of the module was graded on our Raft; absent when it was not. */
  readonly raft?: 'ours' | undefined;
  /** Which part of the series the report is of; absent in that of a whole grading. Every n-th test, counted over all runs. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
}

/** One run of one test. */
export interface TestRecord {
  readonly id: string;
  /** E.g. `3A`. */
  readonly part: string;
  readonly title: string;
  readonly mode: TimeMode;
  readonly seed: number;
  readonly outcome: 'passed' | 'failed';
  /** The lab's columns; `seconds` is time on the test's clock, as in the lab. Empty if the test did not end. */
  readonly statistics: Statistics;
  /** 0 in a test that does not measure it. */
  readonly largestLogSizeBytes: number;
  readonly eventCount: number;
  /** In virtual time equal for equal runs. */
  readonly traceHash: string;
  readonly times: TestTimes;
  /** Problems that did not fail the test; absent if there are none. */
  readonly warnings?: readonly string[] | undefined;
  /** Present only in failed tests. */
  readonly failure?: TestFailureRecord | undefined;
}

/** What a run took, in ms. */
export interface TestTimes {
  /** On the test's own clock, including set-up and clean-up. */
  readonly clockMs: number;
  readonly realMs: number;
  /** Of the whole process while the test ran, including parallel tests. */
  readonly cpuMs: number;
}

/** Why a run failed. */
export interface TestFailureRecord {
  /** `TestFailure` for the lab's checks, `InvariantViolation`, or the name of an error. */
  readonly kind: string;
  readonly message: string;
  /** Where the test failed: `step 3, checkOneLeader`, or `after step 3, checkOneLeader` if no check or action was under way. */
  readonly step: string;
  /** On the test's own clock, since the cluster was made. */
  readonly atMs: number;
  /** Oldest first. */
  readonly recentEvents: readonly string[];
  /** The command that runs this test again with this seed. */
  readonly replay: string;
  /** The path of the page that shows the run; absent if none was written. */
  readonly page?: string | undefined;
  /** Why the failure has no page, unless none was requested. */
  readonly noPage?: string | undefined;
}

/** All runs together. */
export interface GradingTotals {
  readonly passed: number;
  readonly failed: number;
  /** Whether the grading was interrupted; tests that had not ended are in no list. */
  readonly isInterrupted: boolean;
  /** Of all tests, as the lab reporter prints it. */
  readonly traceHash: string;
  /** Sum of the tests' own clocks. */
  readonly clockMs: number;
  readonly realMs: number;
  readonly cpuMs: number;
  /** By test and cause, the most frequent first. */
  readonly failures: readonly FailureGroupRecord[];
}

/** The failures of one test that have one cause. */
export interface FailureGroupRecord {
  readonly id: string;
  /** The first line of the message, with N for every number. */
  readonly cause: string;
  readonly count: number;
  readonly firstSeed: number;
  readonly replay: string;
  /** Of the first failure, as is the next field. */
  readonly page?: string | undefined;
  readonly noPage?: string | undefined;
}

const count = z.int().min(0);
const duration = z.number().min(0);
const mode = z.enum(['virtual', 'real']);

const testRecordSchema: z.ZodType<TestRecord> = z
  .strictObject({
    id: z.string(),
    part: z.string(),
    title: z.string(),
    mode,
    seed: count,
    outcome: z.enum(['passed', 'failed']),
    statistics: z.record(z.string(), z.number()),
    largestLogSizeBytes: count,
    eventCount: count,
    traceHash: z.string(),
    times: z.strictObject({ clockMs: duration, realMs: duration, cpuMs: duration }),
    warnings: z.array(z.string()).optional(),
    failure: z
      .strictObject({
        kind: z.string(),
        message: z.string(),
        step: z.string(),
        atMs: duration,
        recentEvents: z.array(z.string()),
        replay: z.string(),
        page: z.string().optional(),
        noPage: z.string().optional(),
      })
      .optional(),
  })
  .refine(({ outcome, failure }) => (outcome === 'failed') === (failure !== undefined), {
    message: 'a failed test must have a failure, and a passed one must not',
  });

/** Parses a report: `gradingReportSchema.parse(JSON.parse(text))`. */
export const gradingReportSchema: z.ZodType<GradingReport> = z.strictObject({
  version: z.literal(gradingReportVersion),
  command: z.strictObject({
    tests: z.array(z.string()),
    mode,
    seed: count,
    runs: z.int().min(1),
    jobs: z.int().min(1),
    storage: z.string(),
    implementation: z.string().optional(),
    raft: z.literal('ours').optional(),
    shard: z.strictObject({ index: z.int().min(1), count: z.int().min(1) }).optional(),
  }),
  tests: z.array(testRecordSchema),
  totals: z.strictObject({
    passed: count,
    failed: count,
    isInterrupted: z.boolean(),
    traceHash: z.string(),
    clockMs: duration,
    realMs: duration,
    cpuMs: duration,
    failures: z.array(
      z.strictObject({
        id: z.string(),
        cause: z.string(),
        count: z.int().min(1),
        firstSeed: count,
        replay: z.string(),
        page: z.string().optional(),
        noPage: z.string().optional(),
      }),
    ),
  }),
});
