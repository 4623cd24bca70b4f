// The disks of a cluster: one Persister for each server, which survives the server's crashes.
import { Persister } from '@raftlab/persister';
import type { ServerId } from '@raftlab/protocol';

/** Stable storage of every server, and the sizes that the labs bound. */
export class Disks {
  readonly #persisters = new Map<ServerId, Persister>();
  #largestLogSizeBytes = 0;

  /** The disk of a server that starts: empty the first time, later with its persisted state. */
  open(server: ServerId): Persister {
    const persister = this.#persisters.get(server) ?? new Persister();
    this.#persisters.set(server, persister);
    return persister;
  }

  /** The crashed server keeps the old persister: later writes to it are lost. */
  crash(server: ServerId): void {
    const persister = this.#persisters.get(server);
    if (persister !== undefined) this.#persisters.set(server, persister.copy());
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
    return Math.max(0, ...[...this.#persisters.values()].map(sizeOf));
  }
}
