// The simulated disk in memory: a Persister, of which a crash leaves a copy.
import { watched, type Disk, type DiskWatch, type Storage } from '@raftlab/storage';
import { Persister } from './persister.ts';

/** A disk on which a write is durable as soon as it is asked for. `load` and `write` of its storages return at once. */
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
