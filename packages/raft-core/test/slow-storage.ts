// A Storage whose every write waits until the test lets it finish or fail. `persister` has the durable content.
import { Persister } from '@raftlab/persister';
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';

export class SlowStorage implements Storage {
  readonly persister: Persister;
  /** Every batch that was written, in order. */
  readonly batches: WriteBatch[] = [];
  isClosed = false;
  #underWay: Promise<unknown> = Promise.resolve();
  #pending: { readonly batch: WriteBatch; resolve(): void; reject(error: Error): void } | undefined;

  constructor(persister: Persister = new Persister()) {
    this.persister = persister;
  }

  get isWriting(): boolean {
    return this.#pending !== undefined;
  }

  load(): StoredState | undefined {
    return this.persister.load();
  }

  write(batch: WriteBatch): Promise<void> {
    if (this.#pending !== undefined) throw new Error('a write began while another was under way');
    this.batches.push(batch);
    const written = new Promise<void>((resolve, reject) => {
      this.#pending = { batch, resolve, reject };
    });
    this.#underWay = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#underWay;
    this.isClosed = true;
  }

  /** The pending write is durable now. */
  finish(): void {
    const pending = this.#take();
    this.persister.write(pending.batch);
    pending.resolve();
  }

  fail(error: Error): void {
    this.#take().reject(error);
  }

  #take(): { readonly batch: WriteBatch; resolve(): void; reject(error: Error): void } {
    const pending = this.#pending;
    if (pending === undefined) throw new Error('no write is under way');
    this.#pending = undefined;
    return pending;
  }
}
