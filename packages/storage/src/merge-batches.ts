// Group commit: what arrives while a write is under way joins the next one.
import { assert } from '@raftlab/runtime/assert';
import { BatchError } from './check-batch.ts';
import type { WriteBatch } from './storage.ts';

type LogPart = NonNullable<WriteBatch['log']>;

/**
 * One batch with the effect of both, the first written before the second. Throws BatchError when the second leaves a gap
 * after the first.
 */
export function mergeBatches(first: WriteBatch, second: WriteBatch): WriteBatch {
  const hardState = second.hardState ?? first.hardState;
  const snapshot = second.snapshot ?? first.snapshot;
  const log = mergeLogs(
    first.log === undefined ? undefined : withoutCovered(first.log, snapshot?.lastIncludedIndex ?? 0),
    second.log,
  );
  return {
    ...(hardState === undefined ? {} : { hardState }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(log === undefined ? {} : { log }),
  };
}

/**
 * The first batch's entries, which the second's snapshot finds in the log, without those that it drops. A part without
 * entries is kept, since it still truncates: without it, older entries after the snapshot would come back.
 */
function withoutCovered(log: LogPart, lastIncludedIndex: number): LogPart {
  if (log.firstIndex > lastIncludedIndex) return log;
  const firstIndex = lastIncludedIndex + 1;
  assert(firstIndex > log.firstIndex, 'only what the snapshot covers is dropped');
  return { firstIndex, entries: log.entries.slice(firstIndex - log.firstIndex) };
}

function mergeLogs(first: LogPart | undefined, second: LogPart | undefined): LogPart | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  // The second truncates all that the first put there.
  if (second.firstIndex <= first.firstIndex) return second;
  const keptCount = second.firstIndex - first.firstIndex;
  if (keptCount > first.entries.length) {
    const end = first.firstIndex + first.entries.length - 1;
    throw new BatchError(
      `Cannot merge entries from index ${second.firstIndex} on with a log that ends at index ${end}.`,
    );
  }
  assert(keptCount > 0, 'the second batch begins after the first');
  const kept = first.entries.slice(0, keptCount);
  return { firstIndex: first.firstIndex, entries: [...kept, ...second.entries] };
}
