// Grades a learner's implementation in threads of its own, each with a limit of time and of memory. A thread that ends, or has to
// be stopped, fails the test that ran in it; a new thread takes the next test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { crashReport } from '../crash-report.ts';
import type { TestRunner } from '../test-runner.ts';
import { ModuleError } from '../../modules/module-error.ts';
import { bundleModule, type BundleOptions } from '../../modules/bundle-module.ts';
import { SourceFiles } from '../../threads/source-files.ts';
import { Progress } from '../../threads/progress.ts';
import { ThreadLost, WatchedThreads } from '../../threads/watched-threads.ts';
import type { ForeignTask, LoadTask, ModuleInThread } from './worker.ts';

type ThreadTask = Omit<ForeignTask, 'progress'> | Omit<LoadTask, 'progress'>;

export interface ForeignOptions {
  /** The path of the module, as it was given. */
  readonly path: string;
  readonly mode: TimeMode;
  readonly jobs: number;
  readonly timeLimitSeconds: number;
  /** Whether the module's service runs on our Raft. */
  readonly isOnOurRaft: boolean;
}

/** Throws ModuleError if the module cannot be loaded. */
export async function openForeignRunner(options: ForeignOptions): Promise<TestRunner> {
  const { path, mode, jobs, timeLimitSeconds, isOnOurRaft } = options;
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-implementation-'));
  const removeFolder = (): void => {
    process.off('exit', removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  // An interrupted grading does not close its runner.
  process.on('exit', removeFolder);
  try {
    const outfile = join(folder, 'implementation.mjs');
    const { code, sources: files } = await bundleModule(path, {
      outfile,
      ...exportsFor(isOnOurRaft),
    });
    writeFileSync(outfile, code);
    const module: ModuleInThread = {
      url: pathToFileURL(outfile).href,
      file: resolve(path),
      sources: files,
      mode,
      isOnOurRaft,
    };
    const sources = new SourceFiles(files, dirname(module.file));
    const threads = new WatchedThreads<ThreadTask>({
      worker: new URL('worker.js', import.meta.url),
      count: jobs,
      code: { url: module.url, outfile, code, sources },
      timeLimitSeconds,
    });
    const runner: TestRunner = {
      grade: async ({ test: { id }, seed, recording = 'none' }) => {
        const progress = new Progress();
        const task = { module, id, seed, recording };
        const outcome = await threads.run<TestReport>('gradeInForeignWorker', task, progress);
        return outcome instanceof ThreadLost
          ? crashReport({ id, mode, seed, atMs: progress.clockMs }, outcome)
          : outcome;
      },
      hasPrinted: () => threads.havePrinted(),
      close: async () => {
        await threads.close();
        removeFolder();
      },
    };
    const problem = await threads.run<string | undefined>('loadInWorker', { module });
    if (problem === undefined) return runner;
    await runner.close();
    throw new ModuleError(path, problem instanceof ThreadLost ? problem.message : problem);
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** What a module must export, and what it may. */
function exportsFor(isOnOurRaft: boolean): Pick<BundleOptions, 'exportNames' | 'optionalNames'> {
  const service = ['startKVServer', 'makeClerk'];
  return isOnOurRaft ? { exportNames: service } : { exportNames: ['make'], optionalNames: service };
}
