// Grades a learner's implementation in threads of its own, each with a limit of time and of memory. Whatever ends a thread
// fails the test that it was in; a fresh thread takes the next one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SystemClock } from '@raftlab/runtime';
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { Piscina } from 'piscina';
import { crashReport } from '../crash-report.ts';
import { ModuleError } from '../../modules/module-error.ts';
import type { Workplace } from '../schedule.ts';
import { bundleModule } from '../../modules/bundle-module.ts';
import { Sources } from './source-locations.ts';
import { Progress } from './progress.ts';
import { whereIsThread, type StuckCode } from './stuck-thread.ts';
import type { ForeignTask, LoadTask, ModuleInThread } from './worker.ts';

/** What a thread may keep in its heap: many times what a test needs. */
const maxHeapMb = 512;
/** What all threads together may gain beside it since a test began, e.g. in buffers, for which Node knows no limit. */
const maxGrowthOutsideMb = 1024;
/** The tester calls an implementation every few seconds at least; one that is not called for so long has not come back. */
const stuckAfterMs = 20_000;
const lookEveryMs = 500;

export interface ForeignOptions {
  /** Of the module, as it was given. */
  readonly path: string;
  readonly mode: TimeMode;
  readonly jobs: number;
  readonly timeLimitSeconds: number;
}

/** Throws ModuleError when the module cannot be loaded. */
export async function openForeignWorkplace(options: ForeignOptions): Promise<Workplace> {
  const { path, mode, jobs, timeLimitSeconds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-implementation-'));
  const removeFolder = (): void => {
    process.off('exit', removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  // An interrupted grading closes nothing.
  process.on('exit', removeFolder);
  try {
    const outfile = join(folder, 'implementation.mjs');
    const { code, sources: files } = await bundleModule(path, outfile);
    writeFileSync(outfile, code);
    const module: ModuleInThread = {
      url: pathToFileURL(outfile).href,
      file: resolve(path),
      sources: files,
      mode,
    };
    const sources = new Sources(files, dirname(module.file));
    const threads = new Threads(jobs, timeLimitSeconds, { url: module.url, outfile, code, sources });
    const workplace: Workplace = {
      grade: async ({ test: { id }, seed, isRecorded = false }) => {
        const progress = new Progress();
        const outcome = await threads.run<TestReport>(
          'gradeInForeignWorker',
          { module, id, seed, isRecorded },
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
    if (problem === undefined) return workplace;
    await workplace.close();
    throw new ModuleError(typeof problem === 'string' ? problem : problem.message);
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** The thread in which a test ran was ended, or ended itself. */
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
    const stopLooking = this.#lookAfter(progress, (what) => {
      lost = this.#describeStuck(what, progress);
      void lost.then(() => ending.abort());
    });
    try {
      const options = { name, signal: ending.signal };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the functions of worker.ts give these
      return (await this.#pool.run({ ...task, progress: progress.buffer }, options)) as Result;
    } catch (error) {
      return (await lost) ?? new ThreadLost(describeEnd(error) + progress.describe(), { cause: error });
    } finally {
      stopLooking();
    }
  }

  havePrinted(): boolean {
    return this.#printed[0] !== 0;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Calls back once, when the test has taken too long or too much, or does not move any more. */
  #lookAfter(progress: Progress, onStuck: (what: string) => void): () => void {
    let beganAt = this.#clock.now();
    let movedAt = beganAt;
    let entryCount = 0;
    const memoryAtBeginMb = memoryMb();
    const look = (): void => {
      const now = this.#clock.now();
      // A fresh thread takes its time to begin, which is nobody's fault.
      if (progress.threadId === 0) beganAt = now;
      if (progress.threadId === 0 || progress.entryCount !== entryCount) movedAt = now;
      ({ entryCount } = progress);
      if (now - beganAt >= this.#timeLimitSeconds * 1000) {
        onStuck(`no end after ${this.#timeLimitSeconds} s of real time (--time-limit)`);
      } else if (now - movedAt >= stuckAfterMs) {
        onStuck(`its code has not come back for ${stuckAfterMs / 1000} s of real time`);
      } else if (memoryMb() - memoryAtBeginMb >= this.#maxGrowthMb) {
        onStuck(
          `more than ${this.#maxGrowthMb} MB of memory since the test began: something grows without bound`,
        );
      } else {
        timer = this.#clock.setTimer(lookEveryMs, look);
      }
    };
    let timer = this.#clock.setTimer(lookEveryMs, look);
    return () => timer.cancel();
  }

  async #describeStuck(what: string, progress: Progress): Promise<ThreadLost> {
    const where = await whereIsThread(progress.threadId, this.#code);
    const place = where === undefined ? '' : `; it was in ${where}`;
    return new ThreadLost(`${what}${place}${progress.describe()}`);
  }
}

/** What the whole process holds, all its threads together. */
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
