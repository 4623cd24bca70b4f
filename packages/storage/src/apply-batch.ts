// What a batch does to what is stored, as a pure function: the definition of `WriteBatch`. It copies the log with every batch,
// so storages have their own form of it, and are compared with this one.
import type { LogIndex, Snapshot } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { checkBatch } from './check-batch.ts';
import type { StoredState, WriteBatch } from './storage.ts';

/** What is stored before the first write. */
export const nothingStored: StoredState = {
  hardState: { currentTerm: 0, votedFor: null },
  snapshot: undefined,
  entries: [],
};

/**
 * The stored state after the batch. Changes neither of its arguments; the result shares entries and snapshots with them.
 * Throws BatchError when the batch does not fit.
 */
export function applyBatch(stored: StoredState, batch: WriteBatch): StoredState {
  const endBefore = endOf(stored.snapshot);
  const { entries } = stored;
  checkBatch(
    {
      hardState: stored.hardState,
      lastIncludedIndex: endBefore,
      lastIncludedTerm: stored.snapshot?.lastIncludedTerm ?? 0,
      lastIndex: endBefore + entries.length,
      termAt: (index) => entries[index - endBefore - 1]?.term ?? 0,
    },
    batch,
  );
  const snapshot = batch.snapshot ?? stored.snapshot;
  const end = endOf(snapshot);
  const kept = end === endBefore ? entries : entries.slice(end - endBefore);
  const hardState = batch.hardState ?? stored.hardState;
  assert(end >= endBefore, () => `the snapshot would go back from ${endBefore} to ${end}`);
  if (batch.log === undefined) return { hardState, snapshot, entries: kept };
  const keptCount = batch.log.firstIndex - end - 1;
  assert(
    keptCount >= 0 && keptCount <= kept.length,
    () => `entries from ${batch.log?.firstIndex} leave a gap`,
  );
  return { hardState, snapshot, entries: kept.slice(0, keptCount).concat(batch.log.entries) };
}

/** The last index that the snapshot covers. */
function endOf(snapshot: Snapshot | undefined): LogIndex {
  return snapshot?.lastIncludedIndex ?? 0;
}
