// A storage with a bug: a write is acknowledged at once, and goes to the file a little later. What it has acknowledged meanwhile is lost
// when its process is killed.

/** How much later, in ms. */
const laterMs = 50;

/** @typedef {import('@raftlab/storage').Storage} Storage */

/** @implements {Storage} */
export class EarlyStorage {
  #storage;
  /** Writes that have not begun, in order. */
  #writes = Promise.resolve();

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  load() {
    return this.#storage.load();
  }

  /** @param {import('@raftlab/storage').WriteBatch} batch */
  write(batch) {
    const { log } = batch;
    const copy = { ...batch, ...(log && { log: { ...log, entries: [...log.entries] } }) };
    const due = new Promise((resolve) => setTimeout(resolve, laterMs));
    this.#writes = this.#writes.then(async () => {
      await due;
      await this.#storage.write(copy);
    });
  }

  async close() {
    await this.#writes;
    await this.#storage.close();
  }
}
