// A trace on its way into a file: as the timeline page, or as the JSON that the page can open.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import type { TraceFile } from '@raftlab/protocol';
import { timelinePage } from '@raftlab/timeline';
import { TraceFileError } from './trace-file-error.ts';

export function writeTrace(path: string, trace: TraceFile): void {
  const text = extname(path) === '.json' ? `${JSON.stringify(trace)}\n` : timelinePage(trace);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new TraceFileError(path, error);
  }
}
