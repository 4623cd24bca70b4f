// Where a failure can be looked at. A page in virtual time shows a second run of the same seed, and is that of the failure
// only when the second run was the first one again.
import type { TestReport } from '@raftlab/test-harness';
import { causeOf } from './reporters/failure-groups.ts';

/** Both are absent when none was asked for, or when nothing is left to show. */
export interface Look {
  /** The path. */
  readonly page?: string | undefined;
  /** Why a failure that was run again for its page has none. Lines. */
  readonly noPage?: string | undefined;
}

/** In lines, of which there may be none. */
export function lookInWords({ page, noPage }: Look): readonly string[] {
  if (page !== undefined) return [page];
  return noPage === undefined ? [] : `none: ${noPage}`.split('\n');
}

export interface FailedRun {
  readonly traceHash: string;
  readonly cause: string;
}

/** Undefined when `again` is the failed run. */
export function whyNoPage(failed: FailedRun, again: TestReport): string | undefined {
  const cause = again.failure && causeOf(again.failure);
  if (cause !== undefined && isStopped(cause))
    return `run again for its page, it had to be stopped: ${cause}`;
  if (cause === failed.cause && again.traceHash === failed.traceHash) return undefined;
  const others = cause === failed.cause ? 'after other events' : `by another cause: ${cause}`;
  return [
    `the run does not repeat: again with its seed, the test ${cause === undefined ? 'passed' : `failed ${others}`}`,
    ...likelyReasons,
  ].join('\n');
}

/** Nothing is left of it but its end, and it would have to be stopped again. */
export function isStopped(cause: string): boolean {
  return cause.startsWith('ThreadLost: ');
}

const likelyReasons = [
  'beside the seed it may hang on variables of the module, which the tests of one thread share, on real time,',
  'or on chance from elsewhere than `random`; --trace <file> records every run as it happens',
];
