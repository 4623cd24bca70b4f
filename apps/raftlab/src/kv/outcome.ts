// What a client command has done, for people and for programs.
import type { Terminal } from '../command-context.ts';

/** The end of a command that has reached the service. */
export interface Outcome {
  /** For standard output: a line or several, without the last newline. */
  readonly text?: string | undefined;
  /** Why the operation did not happen, for standard error, such as that the key is missing. The exit status is 1 then. */
  readonly problem?: string | undefined;
  /** The same as JSON, for `--json`. */
  readonly document: unknown;
  /** Whether the text is to be written without a newline after it. */
  readonly isExact?: boolean | undefined;
}

/** Writes an outcome, and returns the exit status. */
export function print(outcome: Outcome, json: boolean, terminal: Terminal): 0 | 1 {
  const { text, problem, document, isExact = false } = outcome;
  if (json) terminal.out(`${JSON.stringify(document)}\n`);
  else {
    if (text !== undefined) terminal.out(isExact ? text : `${text}\n`);
    if (problem !== undefined) terminal.error(`${problem}\n`);
  }
  return problem === undefined ? 0 : 1;
}

/** The outcome of a call that failed with one of the errors of the client. Throws any other error. */
export function failureOf(error: unknown): Outcome {
  if (!(error instanceof Error) || !clientErrors.has(error.name)) throw error;
  const { name, message } = error;
  const mayHaveRun = 'mayHaveRun' in error ? error.mayHaveRun : undefined;
  return {
    problem: `error: ${message}`,
    document: { error: { name, message, ...(mayHaveRun !== undefined && { mayHaveRun }) } },
  };
}

const clientErrors: ReadonlySet<string> = new Set([
  'CallAbortedError',
  'CallRefusedError',
  'ClientBusyError',
  'ClientClosedError',
  'ClusterRefusedError',
  'CommandTooLargeError',
  'DeadlineError',
  'ReplyLostError',
  'SessionExpiredError',
  'SnapshotLostError',
]);
