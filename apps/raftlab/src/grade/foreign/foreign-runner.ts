// Grades a learner's implementation in threads of its own, each with a limit of time and of memory. A thread that ends, or has to
// be stopped, fails the test that ran in it; a new thread takes the next test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SystemClock } from '@raftlab/runtime';
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { Piscina } from 'piscina';
import { crashReport } from '../crash-report.ts';
import type { TestRunner } from '../test-runner.ts';
import { ModuleError } from '../../modules/module-error.ts';
import { bundleModule } from '../../modules/bundle-module.ts';
import { SourceFiles } from './source-files.ts';
import { Progress } from './progress.ts';
import { whereIsThread, type StuckCode } from './stuck-thread.ts';
import type { ForeignTask, LoadTask, ModuleInThread } from './worker.ts';

/** The heap of a thread: many times what a test needs. */
const maxHeapMb = 512;
/** How much the process may grow beside these heaps while a test runs, for example by buffers, which Node does not limit. */
const maxGrowthOutsideMb = 1024;
/** The tester calls an implementation at least every few seconds; without a call for this long, its code has not returned. */
const stuckAfterMs = 20_000;
const checkEveryMs = 500;

export interface ForeignOptions {
  /** Of the module, as it was given. */
  readonly path: string;
  readonly mode: TimeMode;
  readonly jobs: number;
  readonly timeLimitSeconds: number;
}

/** Throws ModuleError when the module cannot be loaded. */
export async function openForeignRunner(options: ForeignOptions): Promise<TestRunner> {
  const { path, mode, jobs, timeLimitSeconds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-implementation-'));
  const removeFolder = (): void => {
    process.off('exit', removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  // An interrupted grading does not close its runner.
  process.on('exit', removeFolder);
  try {
    const outfile = join(folder, 'implementation.mjs');
    const { code, sources: files } = await bundleModule(path, { outfile, exportName: 'make' });
    writeFileSync(outfile, code);
    const module: ModuleInThread = {
      url: pathToFileURL(outfile).href,
      file: resolve(path),
      sources: files,
      mode,
    };
    const sources = new SourceFiles(files, dirname(module.file));
    const threads = new Threads(jobs, timeLimitSeconds, { url: module.url, outfile, code, sources });
    const runner: TestRunner = {
      grade: async ({ test: { id }, seed, recording = 'none' }) => {
        const progress = new Progress();
        const outcome = await threads.run<TestReport>(
          'gradeInForeignWorker',
          { module, id, seed, recording },
          progress,
        );
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
    const problem = await threads.run<string | undefined>('loadInWorker', { module }, new Progress());
    if (problem === undefined) return runner;
    await runner.close();
    throw new ModuleError(path, typeof problem === 'string' ? problem : problem.message);
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** The thread of a test was stopped, or ended by itself. */
class ThreadLost extends Error {
  override readonly name: string = 'ThreadLost';
}

class Threads {
  readonly #pool: Piscina<ForeignTask | LoadTask, unknown>;
  readonly #clock = new SystemClock();
  readonly #timeLimitSeconds: number;
  readonly #maxGrowthMb: number;
  readonly #code: StuckCode;
  readonly #printed = new Uint8Array(new SharedArrayBuffer(1));

  constructor(count: number, timeLimitSeconds: number, code: StuckCode) {
    this.#timeLimitSeconds = timeLimitSeconds;
    this.#maxGrowthMb = maxGrowthOutsideMb + count * maxHeapMb;
    this.#code = code;
    this.#pool = new Piscina({
      filename: new URL('worker.js', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      workerData: this.#printed.buffer,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
  }

  /** Never rejects for anything that the implementation does. */
  async run<Result>(
    name: 'loadInWorker' | 'gradeInForeignWorker',
    task: Omit<ForeignTask, 'progress'> | Omit<LoadTask, 'progress'>,
    progress: Progress,
  ): Promise<Result | ThreadLost> {
    const ending = new AbortController();
    let lost: Promise<ThreadLost> | undefined;
    const stopWatching = this.#watch(progress, (what) => {
      lost = this.#describeStuck(what, progress);
      void lost.then(() => ending.abort());
    });
    try {
      const options = { name, signal: ending.signal };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the functions of worker.ts return these
      return (await this.#pool.run({ ...task, progress: progress.buffer }, options)) as Result;
    } catch (error) {
      return (await lost) ?? new ThreadLost(describeEnd(error) + progress.describe(), { cause: error });
    } finally {
      stopWatching();
    }
  }

  havePrinted(): boolean {
    return this.#printed[0] !== 0;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Calls back once, when the test has taken too much time or memory, or makes no progress. Returns a function that ends this. */
  #watch(progress: Progress, onStuck: (what: string) => void): () => void {
    let beganAt = this.#clock.now();
    let movedAt = beganAt;
    let entryCount = 0;
    const memoryAtBeginMb = memoryMb();
    const check = (): void => {
      const now = this.#clock.now();
      // The start of a new thread does not count.
      if (progress.threadId === 0) beganAt = now;
      if (progress.threadId === 0 || progress.entryCount !== entryCount) movedAt = now;
      ({ entryCount } = progress);
      if (now - beganAt >= this.#timeLimitSeconds * 1000) {
        onStuck(`no end after ${this.#timeLimitSeconds} s of real time (--time-limit)`);
      } else if (now - movedAt >= stuckAfterMs) {
        onStuck(`its code has not returned for ${stuckAfterMs / 1000} s of real time`);
      } else if (memoryMb() - memoryAtBeginMb >= this.#maxGrowthMb) {
        onStuck(
          `more than ${this.#maxGrowthMb} MB of memory since the test began: something grows without bound`,
        );
      } else {
        timer = this.#clock.setTimer(checkEveryMs, check);
      }
    };
    let timer = this.#clock.setTimer(checkEveryMs, check);
    return () => timer.cancel();
  }

  async #describeStuck(what: string, progress: Progress): Promise<ThreadLost> {
    const where = await whereIsThread(progress.threadId, this.#code);
    const location = where === undefined ? '' : `; it was in ${where}`;
    return new ThreadLost(`${what}${location}${progress.describe()}`);
  }
}

/** Of the whole process, all threads included. */
function memoryMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

function describeEnd(error: unknown): string {
  if (!(error instanceof Error)) return `the thread ended: ${String(error)}`;
  const code: unknown = Reflect.get(error, 'code');
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `the implementation has filled its memory (${maxHeapMb} MB): something grows without bound`;
  }
  const exit = /exited with code: (\d+)/.exec(error.message)?.[1];
  if (exit !== undefined) return `the implementation has ended its thread, with exit code ${exit}`;
  return `the thread ended: ${error.message}`;
}
