// The disk of one simulated server: it may be slow, fail, forget what was not durable, and crash its server at a write.
import { DelayingStorage, Persister, type DiskHabits } from '@raftlab/persister';
import type { Random } from '@raftlab/runtime';
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';
import type { Mix } from './mix.ts';
import type { ServerClock } from './server-clock.ts';

const habitsOf: Readonly<Record<'fast' | 'slow', Omit<DiskHabits, 'failuresPer10000'>>> = {
  fast: { usualDelayMaxMs: 1, slowDelayMaxMs: 5, slowWritesPerHundred: 5, acknowledgementMaxMs: 1 },
  slow: { usualDelayMaxMs: 20, slowDelayMaxMs: 200, slowWritesPerHundred: 20, acknowledgementMaxMs: 20 },
};

const healthy: DiskHabits = { ...habitsOf.fast, failuresPer10000: 0 };

/** One life's end of the disk. */
export interface DiskUser {
  readonly clock: ServerClock;
  readonly random: Random;
  readonly onDurable: (batch: WriteBatch) => void;
  /** Crashes the server; false when this life has ended already. */
  readonly crash: (when: 'before' | 'after') => boolean;
}

export class SimDisk {
  readonly #mix: Mix;
  readonly #isHealed: () => boolean;
  #persister = new Persister();
  /** What happens at the next write, if a crash was asked for. */
  #crashAtWrite: 'before' | 'after' | undefined;

  constructor(mix: Mix, isHealed: () => boolean) {
    this.#mix = mix;
    this.#isHealed = isHealed;
  }

  /** What is durable at this moment. */
  load(): StoredState | undefined {
    return this.#persister.load();
  }

  /** The storage of a life that begins. */
  open({ clock, random, onDurable, crash }: DiskUser): Storage {
    const persister = this.#persister;
    if (this.#mix.disk === 'instant') {
      return {
        load: () => persister.load(),
        write: (batch) => {
          persister.write(batch);
          onDurable(batch);
        },
        close: () => persister.close(),
      };
    }
    const sick = { ...habitsOf[this.#mix.disk], failuresPer10000: this.#mix.diskFailuresPer10000 };
    const habits = (): DiskHabits => (this.#isHealed() ? healthy : sick);
    return new DelayingStorage(
      persister,
      { clock, random, habits },
      {
        beforeDurable: () => this.#crashAtWrite !== 'before' || !crash('before'),
        onDurable: (batch) => {
          onDurable(batch);
          if (this.#crashAtWrite === 'after') crash('after');
        },
      },
    );
  }

  crashAtNextWrite(when: 'before' | 'after'): void {
    this.#crashAtWrite = when;
  }

  /** The next write does not crash the server, as far as that was asked for. */
  forgetCrash(): void {
    this.#crashAtWrite = undefined;
  }

  /** The life that ends goes on writing into the old persister, which is not read any more. */
  crash(): void {
    this.forgetCrash();
    this.#persister = this.#persister.copy();
  }
}
