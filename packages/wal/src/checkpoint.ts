// The first record of a segment: all that is known at its beginning but the entries themselves. The segments before it can be
// removed once their entries are covered by a snapshot.
import { hardStateSchema } from '@raftlab/protocol';
import { valueCodec, type Codec } from '@raftlab/rpc';
import { z } from 'zod';
import { snapshotReferenceSchema } from './stored-batch.ts';

/** Of records and snapshot files. A segment of an older version is read, one of a newer version is refused. */
export const formatVersion = 1;

const count = z.int().min(0);

export const checkpointSchema = z.strictObject({
  version: z.int().min(1).max(formatVersion),
  /** Segments are numbered from 1. */
  segment: z.int().min(1),
  /** The checksum of the last record of the segment before; 0 where there is none. */
  chain: count,
  /** Whether any batch with a part was written: if not, the storage loads as undefined. */
  isWritten: z.boolean(),
  snapshot: snapshotReferenceSchema.optional(),
  outline: z.strictObject({
    hardState: hardStateSchema,
    lastIncludedIndex: count,
    lastIncludedTerm: count,
    lastIndex: count,
    runs: z.array(z.strictObject({ firstIndex: z.int().min(1), term: count })).readonly(),
  }),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

export const checkpointCodec: Codec<Checkpoint> = valueCodec('Checkpoint', checkpointSchema);
