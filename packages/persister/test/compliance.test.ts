// The Persister satisfies what every Storage must satisfy, and the suite notices storages that do not.
import { Persister } from '@raftlab/persister';
import type { Storage, WriteBatch } from '@raftlab/storage';
import { storageCompliance, type StorageFactory } from '@raftlab/storage/compliance';
import { describe, expect, test } from 'vitest';

const persisterFactory: StorageFactory = {
  create: () => new Persister(),
  crash(storage) {
    if (!(storage instanceof Persister)) throw new Error('not a storage of this factory');
    return storage.copy();
  },
};

describe('the Persister is a Storage', () => {
  test.each(storageCompliance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await expect(each.run(persisterFactory)).resolves.toBeUndefined();
  });
});

// A wrapper that breaks one rule, by changing what is written or what a crash leaves behind.
function broken(rule: {
  write?: (inner: Persister, batch: WriteBatch) => void;
  load?: (inner: Persister) => ReturnType<Persister['load']>;
  crash?: (inner: Persister) => Persister;
}): StorageFactory {
  const inners = new WeakMap<Storage, Persister>();
  const wrap = (inner: Persister): Storage => {
    const storage: Storage = {
      load: () => (rule.load === undefined ? inner.load() : rule.load(inner)),
      write: (batch) => (rule.write === undefined ? inner.write(batch) : rule.write(inner, batch)),
      close: () => inner.close(),
    };
    inners.set(storage, inner);
    return storage;
  };
  return {
    create: () => wrap(new Persister()),
    crash(storage) {
      const inner = inners.get(storage) ?? new Persister();
      return wrap(rule.crash?.(inner) ?? inner.copy());
    },
  };
}

// A storage that keeps the caller's own objects.
function sharing(): StorageFactory {
  const kept = new Map<Persister, WriteBatch[]>();
  return broken({
    write(inner, batch) {
      inner.write(batch);
      kept.set(inner, [...(kept.get(inner) ?? []), batch]);
    },
    load(inner) {
      const replayed = new Persister();
      for (const batch of kept.get(inner) ?? []) replayed.write(batch);
      return replayed.load();
    },
  });
}

const ignored: WriteBatch = {};
const offenders: Array<[what: string, titlePart: string, factory: StorageFactory]> = [
  [
    'invents a state on first boot',
    'never written',
    broken({
      load: (inner) =>
        inner.load() ?? { hardState: { currentTerm: 0, votedFor: null }, snapshot: undefined, entries: [] },
    }),
  ],
  [
    'forgets the vote',
    'hard state comes back',
    broken({
      write: (inner, { hardState, ...rest }) =>
        inner.write({ ...rest, ...(hardState && { hardState: { ...hardState, votedFor: null } }) }),
    }),
  ],
  [
    'ignores truncations',
    'without entries truncates',
    broken({ write: (inner, batch) => inner.write(batch.log?.entries.length === 0 ? ignored : batch) }),
  ],
  ['loses everything in a crash', 'survives a crash', broken({ crash: () => new Persister() })],
  [
    'drops the suffix with a snapshot',
    'keeps the later ones',
    broken({
      write: (inner, batch) =>
        inner.write(
          batch.snapshot && !batch.log
            ? { ...batch, log: { firstIndex: batch.snapshot.lastIncludedIndex + 1, entries: [] } }
            : batch,
        ),
    }),
  ],
  [
    'applies half of a batch',
    'all of it or nothing',
    broken({
      write: (inner, { hardState, ...rest }) =>
        inner.write(
          rest.snapshot === undefined
            ? { ...rest, ...(hardState && { hardState }) }
            : { snapshot: rest.snapshot, ...(hardState && { hardState }) },
        ),
    }),
  ],
  ['shares memory with batches', 'shares no memory with the batches', sharing()],
];

describe('the suite notices a storage that', () => {
  test.each(offenders)('%s', async (_what, titlePart, factory) => {
    const each = storageCompliance.find(({ title }) => title.includes(titlePart));
    if (each === undefined) throw new Error(`There is no case "${titlePart}".`);
    await expect(each.run(factory)).rejects.toThrow(/expected:|before:/);
  });
});
