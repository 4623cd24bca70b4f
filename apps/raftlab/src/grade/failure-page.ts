// The page of a failure, or why it has none. After many runs the page shows a second run with the same seed, and belongs to the
// failure only if both runs are the same.
import type { TestReport } from '@raftlab/test-harness';
import { causeOf } from '../cause-of.ts';

/** Both are absent if no page was requested. */
export interface FailurePage {
  /** The path. */
  readonly page?: string | undefined;
  /** Why a failure has no page. Lines. */
  readonly noPage?: string | undefined;
}

/** As lines to print; may be empty. */
export function pageLines({ page, noPage }: FailurePage): readonly string[] {
  if (page !== undefined) return [page];
  return noPage === undefined ? [] : `none: ${noPage}`.split('\n');
}

/** A failed run whose thread was stopped, or died, takes its record with it. */
export const lostRecord = 'the run was stopped from outside, and its record is lost';

export interface FailedRun {
  readonly traceHash: string;
  readonly cause: string;
}

/** Undefined if `again` is the same run as the failed one. */
export function whyNoPage(failed: FailedRun, again: TestReport): string | undefined {
  const cause = again.failure && causeOf(again.failure);
  if (cause !== undefined && isStopped(cause))
    return `the second run, for the page, had to be stopped: ${cause}`;
  if (cause === failed.cause && again.traceHash === failed.traceHash) return undefined;
  const others = cause === failed.cause ? 'after other events' : `with another cause: ${cause}`;
  return [
    `the run cannot be repeated: with the same seed, the test ${cause === undefined ? 'passed' : `failed ${others}`}`,
    ...likelyReasons,
  ].join('\n');
}

/** Such a run has no record, and would have to be stopped again. */
export function isStopped(cause: string): boolean {
  return cause.startsWith('ThreadLost: ');
}

const likelyReasons = [
  'it may depend on variables of the module, which the tests of one thread share, on real time, or on another random source',
  'than `random`; run the test alone, or use --trace <file>, which records every run as it happens',
];
