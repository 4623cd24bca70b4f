// Simulates a Raft from outside in this thread: without threads and without shrinking, a run takes milliseconds.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { simulate, type SimulateOptions, type SimulationReport } from '@raftlab/simulation';
import type { Make } from '@raftlab/test-harness/learner';
import { bundleModule } from '#src/modules/bundle-module';
import { guardedRaft } from '#src/simulate/outside-raft';
import { Progress } from '#src/threads/progress';
import { SourceFiles } from '#src/threads/source-files';
import { temporaryFolder } from '../modules.ts';

/** A function that runs the module's Raft once. */
export async function runnerOf(
  path: string,
): Promise<(options: Omit<SimulateOptions, 'outside'>) => Promise<SimulationReport>> {
  const outfile = join(temporaryFolder(), 'raft.mjs');
  const { code, sources } = await bundleModule(path, { outfile, exportNames: ['make'] });
  writeFileSync(outfile, code);
  const { make }: { make: Make } = await import(pathToFileURL(outfile).href);
  const files = new SourceFiles(sources, dirname(path));
  return (options) =>
    simulate({ ...options, outside: guardedRaft(make, { sources: files, progress: new Progress() }) });
}
