// A disk as Raft must expect it: each write becomes durable after a while and is acknowledged after another, in order;
// a crash in between leaves what was durable at that moment, and nothing else.
import type { Persister } from './persister.ts';
import { UnusableError, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { Clock, Random } from '@raftlab/runtime';

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

/** What the owner of a disk may want to know, or do, at the moment it happens. */
export interface DiskListener {
  /** The write is about to become durable. False loses it and all after it: the machine has crashed. */
  beforeDurable?(batch: WriteBatch): boolean;
  onDurable(batch: WriteBatch): void;
}

/** A write failed; nothing of it is durable. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError';
}

/** A disk that takes its time. It does one thing after another, in the order of the calls. */
export class DelayingStorage implements Storage {
  readonly #persister: Persister;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: () => DiskHabits;
  readonly #listener: DiskListener;
  /** Fulfilled when everything that was asked for is settled; never rejected. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;

  /** What has become durable is in `persister`: a restart after a crash begins with a copy of it. */
  constructor(
    persister: Persister,
    {
      clock,
      random,
      habits = () => usualDisk,
    }: { readonly clock: Clock; readonly random: Random; readonly habits?: () => DiskHabits },
    listener: DiskListener,
  ) {
    this.#persister = persister;
    this.#clock = clock;
    this.#random = random;
    this.#habits = habits;
    this.#listener = listener;
  }

  load(): Promise<StoredState | undefined> {
    if (this.#isClosed) return Promise.reject(new UnusableError('load'));
    const delayMs = this.#random.uniform(0, this.#habits().usualDelayMaxMs);
    return this.#afterOthers(async () => {
      await this.#clock.sleep(delayMs);
      return this.#persister.load();
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
      if (this.#listener.beforeDurable?.(batch) === false) return await new Promise<void>(() => undefined);
      this.#persister.write(batch);
      this.#listener.onDurable(batch);
      await this.#clock.sleep(acknowledgementMs);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  #afterOthers<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
