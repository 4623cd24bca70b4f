// Group commit: what arrives while a write is under way joins the next one. A batch is added in the time that its own parts
// take, however much was added before it.
import type { HardState, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { BatchError } from './check-batch.ts';
import type { WriteBatch } from './storage.ts';

type LogPart = NonNullable<WriteBatch['log']>;

/** Makes one batch of several, which has the effect of all of them in the order in which they were added. */
export class BatchMerger {
  #hardState: HardState | undefined;
  #snapshot: Snapshot | undefined;
  #log: { firstIndex: LogIndex; readonly entries: LogEntry[] } | undefined;

  /**
   * Adds a batch after the earlier ones, and never changes it. Throws BatchError when its entries leave a gap after the earlier
   * ones; the merger must not be used after that.
   */
  add({ hardState, snapshot, log }: WriteBatch): void {
    this.#hardState = hardState ?? this.#hardState;
    if (snapshot !== undefined) this.#coverUpTo(snapshot);
    if (log !== undefined) this.#append(log);
  }

  /** The merged batch. It shares its entries with the merger, to which nothing may be added while the batch is used. */
  get batch(): WriteBatch {
    return {
      ...(this.#hardState === undefined ? {} : { hardState: this.#hardState }),
      ...(this.#snapshot === undefined ? {} : { snapshot: this.#snapshot }),
      ...(this.#log === undefined ? {} : { log: this.#log }),
    };
  }

  /**
   * Drops the entries that the snapshot covers. A part without entries is kept, since it still truncates: without it, older
   * entries after the snapshot would come back.
   */
  #coverUpTo(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    const log = this.#log;
    if (log === undefined || log.firstIndex > snapshot.lastIncludedIndex) return;
    const firstIndex = snapshot.lastIncludedIndex + 1;
    log.entries.splice(0, firstIndex - log.firstIndex);
    log.firstIndex = firstIndex;
  }

  #append({ firstIndex, entries }: LogPart): void {
    const log = this.#log;
    // These entries truncate all that was added before.
    if (log === undefined || firstIndex <= log.firstIndex) {
      this.#log = { firstIndex, entries: entries.slice() };
      return;
    }
    const keptCount = firstIndex - log.firstIndex;
    assert(keptCount > 0, 'the entries begin after the earlier ones');
    if (keptCount > log.entries.length) {
      const end = log.firstIndex + log.entries.length - 1;
      throw new BatchError(
        `Cannot merge entries from index ${firstIndex} on with a log that ends at index ${end}.`,
      );
    }
    log.entries.length = keptCount;
    for (const entry of entries) log.entries.push(entry);
  }
}

/**
 * One batch with the effect of both, the first written before the second. Changes neither of them. Throws BatchError when the
 * second leaves a gap after the first.
 */
export function mergeBatches(first: WriteBatch, second: WriteBatch): WriteBatch {
  const merger = new BatchMerger();
  merger.add(first);
  merger.add(second);
  return merger.batch;
}
