// A simulated disk with a write-ahead log on it: a crash leaves what the files have, which may be more than was acknowledged.
import type { Random } from '@raftlab/runtime';
import { watched, type Disk, type DiskWatch, type Storage } from '@raftlab/storage';
import { openWal } from '../open-wal.ts';
import { SimulatedFileSystem, type Faults } from './simulated-file-system.ts';

const directory = '/data';

/** How likely a power failure loses each sector, length and name that is not durable, in percent. */
const lossChances = [10, 50, 90, 100] as const;

/** What the disks of one server share. */
export interface WalDiskOptions {
  /** Decides whether a crash is one of the process or a power failure, and what a power failure loses. */
  readonly random: Random;
  /** The size of a segment of the log, in bytes. */
  readonly segmentSizeBytes: number;
  /** Opens the log: `openWal` unless set. Tests pass one with a mistake. */
  readonly open?: typeof openWal | undefined;
}

/** The disk of one server, on a file system of its own. Its storages open the log when they are first used. */
export class WalDisk implements Disk {
  readonly #options: WalDiskOptions;
  readonly #system: SimulatedFileSystem;

  /** Empty unless a file system is given. */
  constructor(options: WalDiskOptions, system: SimulatedFileSystem = new SimulatedFileSystem()) {
    this.#options = options;
    this.#system = system;
  }

  /**
   * `watch.beforeDurable` is not called: to crash in the middle of a write, use `onUnderWay` of `faults`. The faults begin when
   * the log is open: a server that cannot open its log is not started.
   */
  open(watch: DiskWatch = {}, faults: Faults = {}): Storage {
    const { open = openWal, segmentSizeBytes } = this.#options;
    const system = this.#system;
    let opened: Promise<Storage> | undefined;
    const log = (): Promise<Storage> => {
      opened ??= open(directory, {
        cluster: 'simulated',
        server: 0,
        start: 'either',
        fileSystem: system,
        segmentSizeBytes,
      }).finally(() => {
        system.faults = faults;
      });
      return opened;
    };
    const storage: Storage = {
      load: async () => (await log()).load(),
      write: async (batch) => (await log()).write(batch),
      stage: async (data) => (await log()).stage?.(data),
      close: async () => (await opened)?.close(),
    };
    return watched(storage, { ...watch, beforeDurable: () => true });
  }

  /** The process crashes, or the power fails. */
  crash(): WalDisk {
    const { random } = this.#options;
    const left = random.chance(1, 3)
      ? this.#system.processCrash()
      : this.#system.powerLoss(random, random.pick(lossChances));
    return new WalDisk(this.#options, left);
  }
}
