// The disk of one simulated server: it may be slow, fail, lose unsynced writes, and crash its server at a write.
import { DelayingStorage, MemoryDisk, type DiskHabits } from '@raftlab/persister';
import type { Random } from '@raftlab/runtime';
import type { Disk, DiskWatch, Storage } from '@raftlab/storage';
import type { Mix } from './mix.ts';
import type { ServerClock } from './server-clock.ts';

const habitsOf: Readonly<Record<'fast' | 'slow', Omit<DiskHabits, 'failuresPer10000'>>> = {
  fast: { usualDelayMaxMs: 1, slowDelayMaxMs: 5, slowWritesPerHundred: 5, acknowledgementMaxMs: 1 },
  slow: { usualDelayMaxMs: 20, slowDelayMaxMs: 200, slowWritesPerHundred: 20, acknowledgementMaxMs: 20 },
};

const healthy: DiskHabits = { ...habitsOf.fast, failuresPer10000: 0 };

/** The disk as one started server uses it. */
export interface DiskUser {
  readonly clock: ServerClock;
  readonly random: Random;
  readonly watch: Required<Pick<DiskWatch, 'onLoaded' | 'onDurable'>>;
  /** Crashes the server; false if it has already crashed. */
  readonly crash: (when: 'before' | 'after') => boolean;
  /** A write was asked for. */
  readonly onWrite: () => void;
}

export class SimDisk {
  readonly #mix: Mix;
  readonly #isHealed: () => boolean;
  #disk: Disk = new MemoryDisk();
  /** What the crash before the last one left. */
  #older: Disk = new MemoryDisk();
  #latest: Disk = new MemoryDisk();
  /** The effect of the next write, if a crash was requested. */
  #crashAtWrite: 'before' | 'after' | undefined;

  constructor(mix: Mix, isHealed: () => boolean) {
    this.#mix = mix;
    this.#isHealed = isHealed;
  }

  /** The storage for a server that starts. */
  open(user: DiskUser): Storage {
    const storage = this.#openDisk(user);
    return {
      load: () => storage.load(),
      write(batch) {
        user.onWrite();
        return storage.write(batch);
      },
      close: () => storage.close(),
    };
  }

  #openDisk({ clock, random, watch, crash }: DiskUser): Storage {
    const { disk, diskFailuresPer10000, diskStallMaxMs } = this.#mix;
    if (disk === 'instant' && diskStallMaxMs === 0) return this.#disk.open(watch);
    const storage = this.#disk.open({
      onLoaded: (stored) => watch.onLoaded(stored),
      beforeDurable: () => this.#crashAtWrite !== 'before' || !crash('before'),
      onDurable: (batch) => {
        watch.onDurable(batch);
        if (this.#crashAtWrite === 'after') crash('after');
      },
    });
    const usual = habitsOf[disk === 'instant' ? 'fast' : disk];
    const stalls = diskStallMaxMs === 0 ? {} : { slowDelayMaxMs: diskStallMaxMs, slowWritesPerHundred: 3 };
    const sick: DiskHabits = { ...usual, ...stalls, failuresPer10000: diskFailuresPer10000 };
    const habits = (): DiskHabits => (this.#isHealed() ? healthy : sick);
    return new DelayingStorage(storage, { clock, random, habits });
  }

  crashAtNextWrite(when: 'before' | 'after'): void {
    this.#crashAtWrite = when;
  }

  /** Cancels a requested crash at the next write. */
  forgetCrash(): void {
    this.#crashAtWrite = undefined;
  }

  /** Drops the pending writes of the crashed server. */
  crash(): void {
    this.forgetCrash();
    this.#disk = this.#disk.crash();
    this.#older = this.#latest;
    this.#latest = this.#disk;
  }

  /** The next life finds nothing, or what the crash before the last one left. */
  wipe(to: 'empty' | 'older'): void {
    this.#disk = to === 'empty' ? new MemoryDisk() : this.#older.crash();
  }
}
