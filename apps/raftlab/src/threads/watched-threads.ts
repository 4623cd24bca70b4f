// Threads for a user's code, which may loop forever, exhaust its memory or end its thread. A thread that makes no progress is
// stopped, and its task fails with the location of the code; the next task gets a new thread.
import { SystemClock } from '@raftlab/runtime';
import { Piscina } from 'piscina';
import { Progress } from './progress.ts';
import { whereIsThread, type StuckCode } from './stuck-thread.ts';

/** The heap of a thread: many times the need of a run. */
const maxHeapMb = 512;
/**
 * What a thread allocates before its garbage is collected: four times Node's default. Nearly all that a simulated step makes is
 * garbage soon after, so that fewer collections cost 5 to 10 % less CPU.
 */
export const youngGenerationMb = 192;
/** The maximum growth of the process beside these heaps during a task, e.g. by buffers, which Node does not limit. */
const maxGrowthOutsideMb = 1024;
/** A run calls the user's code at least every few seconds; without a call for this long, the code has not returned. */
export const defaultStuckAfterMs = 20_000;
const checkEveryMs = 500;

/** The thread of a task was stopped, or ended by itself. */
export class ThreadLost extends Error {
  override readonly name: string = 'ThreadLost';
}

export interface WatchedThreadsOptions {
  /** The module whose functions the threads run. */
  readonly worker: URL;
  readonly count: number;
  /** The user's code, to name the line at which it was stopped. */
  readonly code: StuckCode;
  /** The time limit of a task, in seconds; without it, it may run as long as it makes progress. */
  readonly timeLimitSeconds?: number;
  /** How long a task may run without progress, in ms of real time: `defaultStuckAfterMs` unless it is set. */
  readonly stuckAfterMs?: number | undefined;
}

/** What each task has for its thread: the memory of its Progress. */
export interface WatchedTask {
  readonly progress: SharedArrayBuffer;
}

/** A pool of threads for tasks of type `Task`. */
export class WatchedThreads<Task extends object> {
  readonly #pool: Piscina<Task & WatchedTask, unknown>;
  readonly #clock = new SystemClock();
  readonly #timeLimitSeconds: number | undefined;
  readonly #stuckAfterMs: number;
  readonly #maxGrowthMb: number;
  readonly #code: StuckCode;
  readonly #printed = new Uint8Array(new SharedArrayBuffer(1));

  constructor({ worker, count, code, timeLimitSeconds, stuckAfterMs }: WatchedThreadsOptions) {
    this.#timeLimitSeconds = timeLimitSeconds;
    this.#stuckAfterMs = stuckAfterMs ?? defaultStuckAfterMs;
    this.#maxGrowthMb = maxGrowthOutsideMb + count * maxHeapMb;
    this.#code = code;
    this.#pool = new Piscina({
      filename: worker.href,
      minThreads: count,
      maxThreads: count,
      workerData: this.#printed.buffer,
      resourceLimits: {
        maxOldGenerationSizeMb: maxHeapMb,
        maxYoungGenerationSizeMb: youngGenerationMb,
      },
    });
  }

  /** Runs the worker's function `name`, which returns a Result. Never rejects because of the user's code. */
  async run<Result>(
    name: string,
    task: Task,
    progress: Progress = new Progress(),
  ): Promise<Result | ThreadLost> {
    const ending = new AbortController();
    let lost: Promise<ThreadLost> | undefined;
    const stopWatching = this.#watch(progress, (what) => {
      lost = this.#describeStuck(what, progress);
      void lost.then(() => ending.abort());
    });
    try {
      const options = { name, signal: ending.signal };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the function of the worker returns it
      return (await this.#pool.run({ ...task, progress: progress.buffer }, options)) as Result;
    } catch (error) {
      return (await lost) ?? new ThreadLost(describeEnd(error) + progress.describe(), { cause: error });
    } finally {
      stopWatching();
    }
  }

  /** Whether the user's code has printed anything. */
  havePrinted(): boolean {
    return this.#printed[0] !== 0;
  }

  /** Ends all threads, even busy ones. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Calls back once, if the task takes too much time or memory, or makes no progress. Returns a function that ends this. */
  #watch(progress: Progress, onStuck: (what: string) => void): () => void {
    let beganAt = this.#clock.now();
    let movedAt = beganAt;
    let entryCount = 0;
    const memoryAtBeginMb = memoryMb();
    const limitSeconds = this.#timeLimitSeconds ?? Infinity;
    const check = (): void => {
      const now = this.#clock.now();
      // The start of a new thread does not count.
      if (progress.threadId === 0) beganAt = now;
      if (progress.threadId === 0 || progress.entryCount !== entryCount) movedAt = now;
      ({ entryCount } = progress);
      if (now - beganAt >= limitSeconds * 1000) {
        onStuck(`no end after ${limitSeconds} s of real time (--time-limit)`);
      } else if (now - movedAt >= this.#stuckAfterMs) {
        onStuck(`its code has not returned for ${this.#stuckAfterMs / 1000} s of real time`);
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

/** Of the whole process, including all threads. */
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
