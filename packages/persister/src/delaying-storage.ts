// A disk as Raft must expect it: each write becomes durable after a delay and is acknowledged after another one, in order;
// a crash keeps only the writes that were durable at that moment. A write can fail.
import { UnusableError, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { Clock, Random } from '@raftlab/runtime';

/** The behaviour of a simulated disk. Times are in ms; each delay is drawn uniformly from 0 to its maximum. */
export interface DiskHabits {
  /** The maximum delay of most writes until they are durable, in ms. */
  readonly usualDelayMaxMs: number;
  /** A few writes take as long as on a disk that is busy with other work. */
  readonly slowDelayMaxMs: number;
  readonly slowWritesPerHundred: number;
  /** The maximum delay of an acknowledgement after the write is durable, in ms. */
  readonly acknowledgementMaxMs: number;
  /** Of 10,000 writes, the number that fail and change nothing. */
  readonly failuresPer10000: number;
}

/** A disk that is usually fast and sometimes busy. */
export const usualDisk: DiskHabits = {
  usualDelayMaxMs: 2,
  slowDelayMaxMs: 30,
  slowWritesPerHundred: 10,
  acknowledgementMaxMs: 1,
  failuresPer10000: 0,
};

/** A write failed; no part of it is durable. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError';
}

/** The clock and the random source that determine the behaviour of a disk. */
export interface DiskSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Called at each write, so that the settings may change; `usualDisk` by default. */
  readonly habits?: () => DiskHabits;
}

/** A storage with delays. It carries out one operation after another, in the order of the calls. */
export class DelayingStorage implements Storage {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: () => DiskHabits;
  /** Resolves when all earlier operations have settled; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;

  /** `storage` is written when a write becomes durable: a crash keeps its content. */
  constructor(storage: Storage, { clock, random, habits = () => usualDisk }: DiskSurroundings) {
    this.#storage = storage;
    this.#clock = clock;
    this.#random = random;
    this.#habits = habits;
  }

  load(): Promise<StoredState | undefined> {
    if (this.#isClosed) return Promise.reject(new UnusableError('load'));
    const delayMs = this.#random.uniform(0, this.#habits().usualDelayMaxMs);
    return this.#afterOthers(async () => {
      await this.#clock.sleep(delayMs);
      return this.#storage.load();
    });
  }

  write(batch: WriteBatch): Promise<void> {
    if (this.#isClosed) return Promise.reject(new UnusableError('write'));
    const habits = this.#habits();
    const isSlow = this.#random.chance(habits.slowWritesPerHundred, 100);
    const delayMs = this.#random.uniform(0, isSlow ? habits.slowDelayMaxMs : habits.usualDelayMaxMs);
    const acknowledgementMs = this.#random.uniform(0, habits.acknowledgementMaxMs);
    const fails = this.#random.chance(habits.failuresPer10000, 10_000);
    return this.#afterOthers(async () => {
      if (this.#failure !== undefined) throw new UnusableError('write', { cause: this.#failure });
      await this.#clock.sleep(delayMs);
      // The write may have taken seconds, in which a disk that fails was made one that does not.
      if (fails && this.#habits().failuresPer10000 > 0) {
        this.#failure = new DiskError('the disk failed a write');
        throw this.#failure;
      }
      await this.#storage.write(batch);
      await this.#clock.sleep(acknowledgementMs);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#storage.close();
  }

  #afterOthers<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
