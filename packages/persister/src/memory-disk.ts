// The simulated disk in memory: a Persister; a crash keeps a copy of it.
import { watched, type Disk, type DiskWatch, type Storage } from '@raftlab/storage';
import { Persister } from './persister.ts';

/** A disk on which a write is durable immediately. `load` and `write` of its storages are synchronous. */
export class MemoryDisk implements Disk {
  #persister: Persister;

  constructor(persister: Persister = new Persister()) {
    this.#persister = persister;
  }

  open(watch: DiskWatch = {}): Storage {
    this.#persister = this.#persister.copy();
    return watched(this.#persister, watch);
  }

  crash(): MemoryDisk {
    return new MemoryDisk(this.#persister.copy());
  }
}
