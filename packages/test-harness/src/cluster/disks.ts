// The disks of a cluster, which survive the crashes of their servers.
import { Persister } from '@raftlab/persister';
import type { ServerId } from '@raftlab/protocol';
import type { Random } from '@raftlab/runtime';
import { WalDisk } from '@raftlab/wal/simulated';

/** So small that the log of a test has several segments, in bytes. */
const segmentSizeBytes = 16_384;

/** The stable storage of one server. */
export interface ServerDisk {
  readonly persister: Persister;
  /** Files for a write-ahead log; empty where the implementation uses the persister only. */
  readonly walDisk: WalDisk;
}

/** Stable storage of every server, and the sizes that the labs bound. */
export class Disks {
  readonly #random: Random;
  readonly #disks = new Map<ServerId, ServerDisk>();
  #largestLogSizeBytes = 0;

  /** `random` decides what a crash leaves of the files. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** The disk of a server that starts: empty the first time, later with its persisted state. */
  open(server: ServerId): ServerDisk {
    const disk = this.#disks.get(server) ?? {
      persister: new Persister(),
      walDisk: new WalDisk({ random: this.#random.fork(`server ${server}`), segmentSizeBytes }),
    };
    this.#disks.set(server, disk);
    return disk;
  }

  /** The crashed server keeps the old disk: later writes to it are lost. */
  crash(server: ServerId): void {
    const disk = this.#disks.get(server);
    if (disk === undefined) return;
    this.#disks.set(server, { persister: disk.persister.copy(), walDisk: disk.walDisk.crash() });
  }

  /** The largest persisted Raft state over all servers, in bytes. */
  logSize(): number {
    const sizeBytes = this.#largest((persister) => persister.raftStateSize());
    this.#largestLogSizeBytes = Math.max(this.#largestLogSizeBytes, sizeBytes);
    return sizeBytes;
  }

  /** The largest snapshot over all servers, in bytes. */
  snapshotSize(): number {
    return this.#largest((persister) => persister.snapshotSize());
  }

  /** The largest value that `logSize` has returned; 0 if it was not called. */
  get largestLogSizeBytes(): number {
    return this.#largestLogSizeBytes;
  }

  #largest(sizeOf: (persister: Persister) => number): number {
    return Math.max(0, ...[...this.#disks.values()].map(({ persister }) => sizeOf(persister)));
  }
}
