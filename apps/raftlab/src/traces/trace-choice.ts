// Which tests leave a trace, and where it goes.
import { basename, dirname, extname, join } from 'node:path';

export interface TraceChoice {
  /** As --trace gave it: every test leaves one there. Without it only failures do, in `folder`. */
  readonly file?: string;
  readonly folder: string;
  /** --no-trace: failures leave none either. */
  readonly isOff: boolean;
}

export const defaultTraceFolder = 'raftlab-traces';

/**
 * So many failures of a long series leave a page by themselves: in virtual time the most frequent groups, in real time the
 * first failures, which are recorded before they are grouped.
 */
export const pagesMax = 20;

/** What a trace can be written as, by the end of its name. */
export const traceFormats = ['.html', '.json'] as const;

export function isTraceFile(path: string): boolean {
  return traceFormats.some((format) => format === extname(path));
}

/** Where the trace of one test goes: with several tests or runs, name and seed stand in the file's name. */
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
