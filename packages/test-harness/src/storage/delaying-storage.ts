// A disk as Raft must expect it: each write becomes durable after a while and is acknowledged after another, in order;
// a crash in between leaves what was durable at that moment, and nothing else.
import type { Persister, Storage, StoredState, WriteBatch } from '@raftlab/persister';
import type { Clock, Random } from '@raftlab/runtime';

/** Most writes take up to this, in ms, until they are durable; a few take as long as a disk that is busy elsewhere. */
const usualDelayMaxMs = 2;
const slowDelayMaxMs = 30;
const slowWritesPerHundred = 10;
/** An acknowledgement takes up to this after the write is durable, in ms. */
const acknowledgementMaxMs = 1;

export class DelayingStorage implements Storage {
  readonly #persister: Persister;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onDurable: (batch: WriteBatch) => void;
  #last: Promise<void> = Promise.resolve();

  /** What has become durable is in `persister`: whoever restarts the server begins with a copy of it. */
  constructor(
    persister: Persister,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
    onDurable: (batch: WriteBatch) => void,
  ) {
    this.#persister = persister;
    this.#clock = clock;
    this.#random = random;
    this.#onDurable = onDurable;
  }

  async load(): Promise<StoredState | undefined> {
    await this.#clock.sleep(this.#random.uniform(0, usualDelayMaxMs));
    return this.#persister.load();
  }

  write(batch: WriteBatch): Promise<void> {
    const isSlow = this.#random.chance(slowWritesPerHundred, 100);
    const delayMs = this.#random.uniform(0, isSlow ? slowDelayMaxMs : usualDelayMaxMs);
    const acknowledgementMs = this.#random.uniform(0, acknowledgementMaxMs);
    const written = this.#last.then(async () => {
      await this.#clock.sleep(delayMs);
      this.#persister.write(batch);
      this.#onDurable(batch);
      await this.#clock.sleep(acknowledgementMs);
    });
    this.#last = written;
    return written;
  }
}
