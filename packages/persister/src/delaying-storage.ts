// A disk as Raft must expect it: each write becomes durable after a while and is acknowledged after another, in order;
// a crash in between leaves what was durable at that moment, and nothing else.
import type { Persister } from './persister.ts';
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';
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

export class DelayingStorage implements Storage {
  readonly #persister: Persister;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: () => DiskHabits;
  readonly #listener: DiskListener;
  #last: Promise<void> = Promise.resolve();

  /** What has become durable is in `persister`: whoever restarts the server begins with a copy of it. */
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

  async load(): Promise<StoredState | undefined> {
    await this.#clock.sleep(this.#random.uniform(0, this.#habits().usualDelayMaxMs));
    return this.#persister.load();
  }

  write(batch: WriteBatch): Promise<void> {
    const habits = this.#habits();
    const isSlow = this.#random.chance(habits.slowWritesPerHundred, 100);
    const delayMs = this.#random.uniform(0, isSlow ? habits.slowDelayMaxMs : habits.usualDelayMaxMs);
    const acknowledgementMs = this.#random.uniform(0, habits.acknowledgementMaxMs);
    const fails = this.#random.chance(habits.failuresPer10000, 10_000);
    const written = this.#last.then(async () => {
      await this.#clock.sleep(delayMs);
      if (fails) throw new DiskError('the disk refused a write');
      if (this.#listener.beforeDurable?.(batch) === false) return await new Promise<void>(() => undefined);
      this.#persister.write(batch);
      this.#listener.onDurable(batch);
      await this.#clock.sleep(acknowledgementMs);
    });
    // Whoever asked for the write hears of its failure; those behind it never run.
    this.#last = written;
    return written;
  }
}
