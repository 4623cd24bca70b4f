// The payload of a record of batches: each batch with its size before it. A snapshot's data is in a file of its own; the batch
// has what is needed to find it again and to know it.
import {
  entryTupleCodec,
  hardStateSchema,
  logEntriesSchema,
  type LogEntry,
  type LogIndex,
} from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import type { WriteBatch } from '@raftlab/storage';
import { z } from 'zod';
import { assert } from '@raftlab/runtime/assert';

const count = z.int().min(0);

/** A snapshot file, as the record says that it must be. */
export const snapshotReferenceSchema = z.strictObject({
  lastIncludedIndex: count,
  lastIncludedTerm: count,
  /** In the name of its file: the position of the end of the log when it was written. */
  id: count,
  /** Of the whole file. */
  sizeBytes: count,
  checksum: count,
});
export type SnapshotReference = z.infer<typeof snapshotReferenceSchema>;

const storedBatchSchema = z.strictObject({
  hardState: hardStateSchema.optional(),
  snapshot: snapshotReferenceSchema.optional(),
  log: z.strictObject({ firstIndex: z.int().min(1), entries: logEntriesSchema }).optional(),
});
/** A batch as it is in the log. */
export type StoredBatch = z.infer<typeof storedBatchSchema>;

const noEntries: readonly LogEntry[] = [];

/** Absent parts are nulls. A vote of nobody is one, too: the term before it says whether there is a hard state. */
export const storedBatchCodec: Codec<StoredBatch> = entryTupleCodec('StoredBatch', storedBatchSchema, {
  headLength: 8,
  headOf: ({ hardState, snapshot, log }) => [
    hardState?.currentTerm ?? null,
    hardState?.votedFor ?? null,
    snapshot?.lastIncludedIndex ?? null,
    snapshot?.lastIncludedTerm ?? null,
    snapshot?.id ?? null,
    snapshot?.sizeBytes ?? null,
    snapshot?.checksum ?? null,
    log?.firstIndex ?? null,
  ],
  entriesOf: ({ log }) => log?.entries ?? noEntries,
  join: (
    [currentTerm, votedFor, lastIncludedIndex, lastIncludedTerm, id, sizeBytes, checksum, firstIndex],
    entries,
  ) => ({
    ...(currentTerm !== null && { hardState: { currentTerm, votedFor } }),
    ...(lastIncludedIndex !== null && {
      snapshot: { lastIncludedIndex, lastIncludedTerm, id, sizeBytes, checksum },
    }),
    ...((firstIndex !== null || entries.length > 0) && { log: { firstIndex, entries } }),
  }),
});

const sizeBytesOfSize = 4;

/** The payload with these batches. */
export function encodeBatches(batches: readonly StoredBatch[]): Uint8Array {
  assert(batches.length > 0, 'a record of batches has a batch');
  const parts = batches.flatMap((batch) => {
    const bytes = storedBatchCodec.encode(batch);
    const size = Buffer.alloc(sizeBytesOfSize);
    size.writeUInt32BE(bytes.length);
    return [size, bytes];
  });
  return Buffer.concat(parts);
}

/** The batches in a payload. Throws CodecError or RangeError for bytes that `encodeBatches` did not return. */
export function decodeBatches(payload: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  for (let at = 0; at < payload.length;) {
    const start = at + sizeBytesOfSize;
    at = start + payload.readUInt32BE(at);
    batches.push(storedBatchCodec.decode(payload.subarray(start, at)));
  }
  return batches;
}

/** The batch without the snapshot's data. */
export function toStored(
  { hardState, log }: WriteBatch,
  snapshot: SnapshotReference | undefined,
): StoredBatch {
  return {
    ...(hardState && { hardState }),
    ...(snapshot && { snapshot }),
    ...(log && { log: { firstIndex: log.firstIndex, entries: log.entries } }),
  };
}

/** The highest index of an entry in the batch; 0 without one. */
export function lastEntryIndexOf({ log }: Pick<WriteBatch, 'log'> | StoredBatch): LogIndex {
  assert(log === undefined || log.firstIndex >= 1, 'the first entry of a log has index 1');
  return log === undefined || log.entries.length === 0 ? 0 : log.firstIndex + log.entries.length - 1;
}
