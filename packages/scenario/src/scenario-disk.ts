// Stable storage under the control of a scenario: writes are durable at once, or wait for a command of the scenario. They become
// durable one by one, in order; a crash loses those that wait.
import { applyBatch, BatchError, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { DurablePoint, Persist } from '@raftlab/raft-core';
import { ScenarioProblem } from './scenario-error.ts';

interface PendingWrite extends Persist {
  readonly waiting: (() => void)[];
}

export interface DiskHooks {
  /** Before anything that waited for the write leaves. */
  onDurable(batch: WriteBatch): void;
  /** Lets the server know, after that. */
  tell(point: DurablePoint): void;
}

export class ScenarioDisk {
  isSlow = false;
  #stored: StoredState;
  readonly #hooks: DiskHooks;
  readonly #pending: PendingWrite[] = [];

  constructor(stored: StoredState, hooks: DiskHooks) {
    this.#stored = stored;
    this.#hooks = hooks;
  }

  /** What a crash would leave. */
  get stored(): StoredState {
    return this.#stored;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  write(persist: Persist): void {
    this.#pending.push({ ...persist, waiting: [] });
    if (!this.isSlow) this.finishNext();
  }

  /** Once everything written so far is durable; returns whether it is already. */
  whenDurable(action: () => void): boolean {
    const last = this.#pending.at(-1);
    if (last === undefined) {
      action();
      return true;
    }
    last.waiting.push(action);
    return false;
  }

  /** The oldest write becomes durable: what waited for it leaves, then the server is told. */
  finishNext(): void {
    const write = this.#pending.shift();
    if (write === undefined) return;
    this.#makeDurable(write.batch);
    this.#hooks.onDurable(write.batch);
    for (const action of write.waiting) action();
    this.#hooks.tell(write.proves);
  }

  #makeDurable(batch: WriteBatch): void {
    try {
      this.#stored = applyBatch(this.#stored, batch);
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      throw new ScenarioProblem(error.message);
    }
  }
}
