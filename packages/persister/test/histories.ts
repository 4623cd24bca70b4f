// Random legal histories of writes: each batch fits the state after the previous ones.
import { CommandEntry, NoopEntry } from '@raftlab/protocol';
import type { Persister } from '@raftlab/persister';
import { applyBatch, nothingStored, type StoredState, type WriteBatch } from '@raftlab/storage';
import * as fc from 'fast-check';

/** The plan of a batch, in numbers that are mapped to the legal range when the previous state is known. */
interface Wish {
  readonly termStep: number;
  readonly vote: number | null;
  readonly hasHardState: boolean;
  /** The distance of the snapshot from the present one; 0 for no snapshot. */
  readonly snapshotStep: number;
  readonly snapshotTermStep: number;
  readonly data: Uint8Array;
  /** The number of entries that the log part truncates; undefined for no log part. */
  readonly truncateCount: number | undefined;
  /** The payload of each entry; undefined for a noop. */
  readonly payloads: ReadonlyArray<Uint8Array | undefined>;
}

const step: fc.Arbitrary<number> = fc.oneof(
  fc.nat(2),
  fc.constantFrom(0, 1, 127, 128, 255, 256, 65_536, 2 ** 32, 2 ** 40),
);

const wish: fc.Arbitrary<Wish> = fc.record(
  {
    termStep: step,
    vote: fc.option(fc.nat(300)),
    hasHardState: fc.boolean(),
    snapshotStep: fc.oneof(
      { weight: 2, arbitrary: fc.constant(0) },
      fc.nat(12),
      fc.constantFrom(300, 70_000, 2 ** 33),
    ),
    snapshotTermStep: fc.nat(1),
    data: fc.uint8Array({ maxLength: 30 }),
    truncateCount: fc.option(fc.oneof(fc.constant(0), fc.nat(9)), { nil: undefined }),
    payloads: fc.array(fc.option(fc.uint8Array({ maxLength: 12 }), { nil: undefined }), { maxLength: 9 }),
  },
  { noNullPrototype: true },
);

/** The batches of a legal history. */
export const history: fc.Arbitrary<WriteBatch[]> = fc.array(wish, { maxLength: 12 }).map((wishes) => {
  let state = nothingStored;
  return wishes.map((each) => {
    const batch = grant(each, state);
    state = applyBatch(state, batch);
    return batch;
  });
});

function grant(each: Wish, before: StoredState): WriteBatch {
  const base = before.snapshot?.lastIncludedIndex ?? 0;
  const baseTerm = before.snapshot?.lastIncludedTerm ?? 0;
  const lastIndex = base + before.entries.length;
  const currentTerm = Math.min(before.hardState.currentTerm + each.termStep, 2 ** 50);

  const lastIncludedIndex = base + each.snapshotStep;
  const covered = before.entries[lastIncludedIndex - base - 1];
  const newest = before.entries.at(-1)?.term ?? baseTerm;
  const lastIncludedTerm = covered?.term ?? Math.min(newest + each.snapshotTermStep, currentTerm);
  const hasSnapshot = each.snapshotStep > 0;

  const start = hasSnapshot ? lastIncludedIndex : base;
  const end = Math.max(start, lastIndex);
  const firstIndex = Math.max(start + 1, end + 1 - (each.truncateCount ?? 0));
  const predecessor =
    before.entries[firstIndex - 1 - base - 1]?.term ?? (hasSnapshot ? lastIncludedTerm : baseTerm);
  const entries = each.payloads.map((payload, offset) => {
    const term = offset % 2 === 0 ? Math.max(predecessor, currentTerm - 1) : currentTerm;
    return payload === undefined ? new NoopEntry(term) : new CommandEntry(term, payload);
  });
  const sorted = entries.toSorted((a, b) => a.term - b.term);
  return {
    ...(each.hasHardState || currentTerm > before.hardState.currentTerm
      ? { hardState: { currentTerm, votedFor: each.vote } }
      : {}),
    ...(hasSnapshot ? { snapshot: { lastIncludedIndex, lastIncludedTerm, data: each.data } } : {}),
    ...(each.truncateCount === undefined ? {} : { log: { firstIndex, entries: sorted } }),
  };
}

export function writtenTo(persister: Persister, batches: readonly WriteBatch[]): Persister {
  for (const batch of batches) persister.write(batch);
  return persister;
}
