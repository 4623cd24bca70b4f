// A disk as Raft must expect it: each write becomes durable after a while and is acknowledged after another, in order;
// a crash in between leaves what was durable at that moment, and nothing else. A write can fail.
import { UnusableError, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { Clock, Random } from '@raftlab/runtime';

/** How a simulated disk behaves. Times are in ms; each delay is drawn uniformly from 0 to its maximum. */
export interface DiskHabits {
  /** Most writes take up to this, in ms, until they are durable. */
  readonly usualDelayMaxMs: number;
  /** A few take as long as a disk that is busy elsewhere. */
  readonly slowDelayMaxMs: number;
  readonly slowWritesPerHundred: number;
  /** An acknowledgement takes up to this after the write is durable, in ms. */
  readonly acknowledgementMaxMs: number;
  /** Of 10,000 writes, how many fail and change nothing. */
  readonly failuresPer10000: number;
}

/** A disk that is mostly quick and sometimes busy. */
export const usualDisk: DiskHabits = {
  usualDelayMaxMs: 2,
  slowDelayMaxMs: 30,
  slowWritesPerHundred: 10,
  acknowledgementMaxMs: 1,
  failuresPer10000: 0,
};

/** A write failed; nothing of it is durable. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError';
}

/** What a disk does is a function of these: the time that passes on the clock, and what it draws. */
export interface DiskSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Asked at each write, so that they may change; `usualDisk` by default. */
  readonly habits?: () => DiskHabits;
}

/** A storage that takes its time. It does one thing after another, in the order of the calls. */
export class DelayingStorage implements Storage {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: () => DiskHabits;
  /** Fulfilled when everything that was asked for is settled; never rejected. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;

  /** `storage` is written when a write becomes durable: what it contains is what a crash leaves. */
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
      if (fails) {
        this.#failure = new DiskError('the disk refused a write');
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
