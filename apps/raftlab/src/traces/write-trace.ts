// Writes a trace to a file: as the timeline page, or as the JSON that the page can open.
import { accessSync, constants, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import type { TraceFile } from '@raftlab/trace';
import { timelinePage } from '@raftlab/timeline';
import { TraceFileError } from './trace-file-error.ts';

/** Must be called before the first run, so that an invalid path is reported at once. Throws TraceFileError. */
export function makeFolderFor(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new TraceFileError(path, error);
  }
}

/** Throws TraceFileError; then no part of the trace is left, and a file that was there before is unchanged. */
export function writeTrace(path: string, trace: TraceFile): void {
  const text = extname(path) === '.json' ? `${JSON.stringify(trace)}\n` : timelinePage(trace);
  makeFolderFor(path);
  const unfinished = `${path}.unfinished`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new TraceFileError(path, error);
  }
}
