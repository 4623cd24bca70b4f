// Which tests get a trace, and where it is written.
import { basename, dirname, extname, join } from 'node:path';

export interface TraceChoice {
  /** The value of --trace: every test gets a trace there. Without it only failures do, in `folder`. */
  readonly file?: string;
  readonly folder: string;
  /** --no-trace: failures get none either. */
  readonly isOff: boolean;
}

export const defaultTraceFolder = 'raftlab-traces';

/**
 * The most pages of failures that one grading writes: in virtual time of the most frequent groups of a series, in real time of the
 * first failures, which are recorded before they are grouped.
 */
export const pagesMax = 20;

/** The formats of a trace, by the extension of its name. */
export const traceFormats = ['.html', '.json'] as const;

export function isTraceFile(path: string): boolean {
  return traceFormats.some((format) => format === extname(path));
}

/** The path of one test's trace: with several tests or runs, id and seed are added to the file's name. */
export function tracePath(
  { file, folder }: TraceChoice,
  { id, seed, isOnlyOne }: { id: string; seed: number; isOnlyOne: boolean },
): string {
  if (file === undefined) return join(folder, `${id}-${seed}.html`);
  return isOnlyOne ? file : namedPath(file, id, seed);
}

/** `run.html` with names: `run-TestBackup3B-7.html`. */
export function namedPath(file: string, ...names: readonly (string | number)[]): string {
  const extension = extname(file);
  return join(dirname(file), [basename(file, extension), ...names].join('-') + extension);
}
