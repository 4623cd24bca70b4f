// Stable storage that a scenario controls: writes are durable at once, or wait for a command. They become durable one by one,
// in order; a crash drops the waiting ones.
import { applyBatch, BatchError, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { DurablePoint, Persist } from '@raftlab/raft-core';
import { ScenarioProblem } from './scenario-error.ts';

interface PendingWrite extends Persist {
  readonly waiting: (() => void)[];
}

export interface DiskHooks {
  /** Called before any message that waited for the write is sent. */
  onDurable(batch: WriteBatch): void;
  /** Reports the write to the server, after that. */
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

  /** The content after a crash at this moment. */
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

  /** Calls back when all writes so far are durable; returns whether they already are. */
  whenDurable(action: () => void): boolean {
    const last = this.#pending.at(-1);
    if (last === undefined) {
      action();
      return true;
    }
    last.waiting.push(action);
    return false;
  }

  /** The oldest write becomes durable: messages that waited for it are sent, then it is reported to the server. */
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
