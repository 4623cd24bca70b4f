// The disk of one simulated server: it may be slow, fail, lose unsynced writes, and crash its server at a write.
import { DelayingStorage, MemoryDisk, type DiskHabits } from '@raftlab/persister';
import type { Random } from '@raftlab/runtime';
import type { Disk, DiskWatch, Storage } from '@raftlab/storage';
import { WalDisk, type Operation, type WalDiskOptions } from '@raftlab/wal/simulated';
import type { Mix } from './mix.ts';
import type { ServerClock } from './server-clock.ts';

const habitsOf: Readonly<Record<'fast' | 'slow', Omit<DiskHabits, 'failuresPer10000'>>> = {
  fast: { usualDelayMaxMs: 1, slowDelayMaxMs: 5, slowWritesPerHundred: 5, acknowledgementMaxMs: 1 },
  slow: { usualDelayMaxMs: 20, slowDelayMaxMs: 200, slowWritesPerHundred: 20, acknowledgementMaxMs: 20 },
};

const healthy: DiskHabits = { ...habitsOf.fast, failuresPer10000: 0 };

/** So small that logs of short runs have several segments, in bytes. */
const segmentSizesBytes = [2048, 8192, 32_768] as const;
/** A crash in the middle of a write comes at one of its first operations on files: a snapshot takes about ten. */
const crashAtOperationMax = 10;

const changingKinds: ReadonlySet<Operation['kind']> = new Set([
  'open',
  'write',
  'sync',
  'rename',
  'remove',
  'syncDirectory',
]);

/** The disk as one started server uses it. */
export interface DiskUser {
  readonly clock: ServerClock;
  readonly random: Random;
  readonly watch: Required<Pick<DiskWatch, 'onLoaded' | 'onDurable'>>;
  /** Crashes the server; false if it has already crashed. */
  readonly crash: (when: 'before' | 'after') => boolean;
  /** A write was asked for. */
  readonly onWrite: () => void;
  /** An operation on the files of the log fails. */
  readonly onFailure: () => void;
}

/** What the disk of a server depends on. */
export interface SimDiskOptions extends Pick<WalDiskOptions, 'random'> {
  readonly mix: Pick<Mix, 'storage' | 'disk' | 'diskFailuresPer10000' | 'diskStallMaxMs'>;
  readonly isHealed: () => boolean;
  /** Opens a write-ahead log: `openWal` unless set. */
  readonly openLog?: WalDiskOptions['open'];
}

export class SimDisk {
  readonly #options: SimDiskOptions;
  /** A disk on which nothing was ever written. */
  readonly #makeEmpty: () => Disk;
  #disk: Disk;
  /** What the crash before the last one left. */
  #older: Disk;
  #latest: Disk;
  /** The effect of the next write, if a crash was requested. */
  #crashAtWrite: 'before' | 'after' | undefined;
  /** With a write-ahead log: after how many operations on files a crash `before` a write comes. */
  #operationsToCrash = 0;

  constructor(options: SimDiskOptions) {
    const { mix, random, openLog: open } = options;
    this.#options = options;
    const wal = { random: random.fork('crashes'), segmentSizeBytes: random.pick(segmentSizesBytes), open };
    this.#makeEmpty = () => (mix.storage === 'wal' ? new WalDisk(wal) : new MemoryDisk());
    this.#disk = this.#makeEmpty();
    this.#older = this.#disk;
    this.#latest = this.#disk;
  }

  /** The storage for a server that starts. */
  open(user: DiskUser): Storage {
    const storage = this.#disk instanceof WalDisk ? this.#openLog(this.#disk, user) : this.#openMemory(user);
    return {
      load: () => storage.load(),
      write(batch) {
        user.onWrite();
        return storage.write(batch);
      },
      ...(storage.stage !== undefined && {
        stage: (data) => storage.stage?.(data) ?? Promise.resolve(),
      }),
      close: () => storage.close(),
    };
  }

  #openMemory({ clock, random, watch, crash }: DiskUser): Storage {
    const { disk, diskStallMaxMs } = this.#options.mix;
    if (disk === 'instant' && diskStallMaxMs === 0) return this.#disk.open(watch);
    const storage = this.#disk.open({
      ...this.#crashAfterDurable(watch, crash),
      beforeDurable: () => this.#crashAtWrite !== 'before' || !crash('before'),
    });
    return new DelayingStorage(storage, { clock, random, habits: () => this.#habits });
  }

  /** Here each operation on files is slow or fails, and a crash may come between two of them. */
  #openLog(disk: WalDisk, { clock, random, watch, crash, onFailure }: DiskUser): Storage {
    const { mix } = this.#options;
    const isInstant = mix.disk === 'instant' && mix.diskStallMaxMs === 0;
    return disk.open(this.#crashAfterDurable(watch, crash), {
      delay: async (operation) => {
        if (isInstant || !doesChange(operation)) return;
        const { usualDelayMaxMs, slowDelayMaxMs, slowWritesPerHundred } = this.#habits;
        const isSlow = random.chance(slowWritesPerHundred, 100);
        await clock.sleep(random.uniform(0, isSlow ? slowDelayMaxMs : usualDelayMaxMs));
      },
      fail: (operation) => {
        const { failuresPer10000 } = this.#habits;
        if (!doesChange(operation) || !random.chance(failuresPer10000, 10_000)) return undefined;
        onFailure();
        return random.pick(['EIO', 'ENOSPC'] as const);
      },
      onUnderWay: (operation) => {
        if (this.#crashAtWrite !== 'before' || !doesChange(operation)) return;
        this.#operationsToCrash -= 1;
        if (this.#operationsToCrash <= 0) crash('before');
      },
    });
  }

  #crashAfterDurable(watch: DiskUser['watch'], crash: DiskUser['crash']): DiskUser['watch'] {
    return {
      onLoaded: (stored) => watch.onLoaded(stored),
      onDurable: (batch) => {
        watch.onDurable(batch);
        if (this.#crashAtWrite === 'after') crash('after');
      },
    };
  }

  get #habits(): DiskHabits {
    const { mix, isHealed } = this.#options;
    const { disk, diskFailuresPer10000, diskStallMaxMs } = mix;
    if (isHealed()) return healthy;
    const usual = habitsOf[disk === 'instant' ? 'fast' : disk];
    const stalls = diskStallMaxMs === 0 ? {} : { slowDelayMaxMs: diskStallMaxMs, slowWritesPerHundred: 3 };
    return { ...usual, ...stalls, failuresPer10000: diskFailuresPer10000 };
  }

  crashAtNextWrite(when: 'before' | 'after'): void {
    this.#crashAtWrite = when;
    this.#operationsToCrash = this.#options.random.int(1, crashAtOperationMax);
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
    this.#disk = to === 'empty' ? this.#makeEmpty() : this.#older.crash();
  }
}

/** Whether the operation changes what a crash leaves. */
function doesChange({ kind }: Operation): boolean {
  return changingKinds.has(kind);
}
