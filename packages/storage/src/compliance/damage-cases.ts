// What a storage does when its medium fails: it never returns a state that was not written.
import { assert } from '@raftlab/runtime/assert';
import { applyBatch, nothingStored } from '../apply-batch.ts';
import type { Storage, StoredState, WriteBatch } from '../storage.ts';
import { expectDurable, expectFailure, expectOneOf, written } from './expectations.ts';
import { entries, entry, snapshot, vote } from './samples.ts';
import type { StorageCase, StorageDamage, StorageFactory } from './storage-case.ts';

/** Every kind of part, and the entry of one batch truncated by another. */
const history: readonly WriteBatch[] = [
  { hardState: { currentTerm: 1, votedFor: null } },
  { log: { firstIndex: 1, entries: entries(1, 5) } },
  { hardState: vote, log: { firstIndex: 4, entries: [entry(2, 'a longer command than the others')] } },
  { snapshot: snapshot(2, 1, 'a snapshot with some data in it') },
  { log: { firstIndex: 5, entries: [entry(7, 'five'), entry(7, 'six')] } },
];

/** The states that the history leads through; first boot comes first. */
const states: readonly (StoredState | undefined)[] = [
  undefined,
  ...history.map((_, last) => history.slice(0, last + 1).reduce(applyBatch, nothingStored)),
];

/** One bit in each of so many places is inverted. */
const flipCount = 150;
const cutCount = 60;

/** The cases for the kinds of damage that the factory can do. */
export function damageCases(factory: StorageFactory): readonly StorageCase[] {
  const { cutTail, flipBit, failNextWrite } = factory.damage ?? {};
  return [
    ...(cutTail === undefined ? [] : cutTailCases(factory, cutTail)),
    ...(flipBit === undefined ? [] : flipBitCases(factory, flipBit)),
    ...(failNextWrite === undefined ? [] : failedWriteCases(factory, failNextWrite)),
  ];
}

function cutTailCases(
  factory: StorageFactory,
  cutTail: NonNullable<StorageDamage['cutTail']>,
): StorageCase[] {
  return [
    {
      title: 'what is left of a cut tail is the state after some batch, or an error',
      async run() {
        for (let cut = 0; cut <= cutCount; cut += 1) {
          const storage = await written(factory, history);
          await expectOneOf(() => cutTail(storage, cut / cutCount), states);
        }
      },
    },
    {
      title: 'after a cut tail that is no error, writing goes on behind the last whole batch',
      async run() {
        for (let cut = 0; cut <= cutCount; cut += 1) {
          const storage = await written(factory, history);
          const left = await expectOneOf(() => cutTail(storage, cut / cutCount), states);
          if (left === undefined) continue;
          const state = left.state ?? nothingStored;
          const firstIndex = (state.snapshot?.lastIncludedIndex ?? 0) + state.entries.length + 1;
          const batch: WriteBatch = {
            hardState: { currentTerm: 9, votedFor: 1 },
            log: { firstIndex, entries: [entry(8, 'next')] },
          };
          await left.storage.write(batch);
          await expectDurable(factory, left.storage, applyBatch(state, batch));
        }
      },
    },
  ];
}

function flipBitCases(
  factory: StorageFactory,
  flipBit: NonNullable<StorageDamage['flipBit']>,
): StorageCase[] {
  return [
    {
      title: 'a bit that has changed is repaired or an error, and never another state',
      async run() {
        for (let flip = 0; flip < flipCount; flip += 1) {
          const storage = await written(factory, history);
          await expectOneOf(() => flipBit(storage, flip / flipCount), states.slice(-1));
        }
      },
    },
  ];
}

function failedWriteCases(
  factory: StorageFactory,
  failNextWrite: NonNullable<StorageDamage['failNextWrite']>,
): StorageCase[] {
  const rest: WriteBatch = {
    log: { firstIndex: 5, entries: [entry(7, 'five'), entry(7, 'six'), entry(7, 'seven')] },
  };
  const failing = async (): Promise<Storage> => {
    const storage = await written(factory, history);
    failNextWrite(storage);
    return storage;
  };
  return [
    {
      title: 'a write that fails makes the storage unusable: no later write succeeds',
      async run() {
        const storage = await failing();
        await expectFailure(
          'the write',
          () => storage.write(rest),
          () => true,
        );
        await expectFailure('a later write', () =>
          storage.write({ hardState: { currentTerm: 9, votedFor: null } }),
        );
        await expectFailure('a still later write', () => storage.write(rest));
      },
    },
    {
      title: 'writes that were waiting for one that fails, fail too',
      async run() {
        const storage = await failing();
        const attempts = [rest, { hardState: { currentTerm: 9, votedFor: null } }, rest].map(async (batch) =>
          storage.write(batch),
        );
        const results = await Promise.allSettled(attempts);
        const found = results.map(({ status }) => status).join(', ');
        assert(
          found === 'rejected, rejected, rejected',
          () => `expected: rejected, rejected, rejected\nfound:    ${found}`,
        );
      },
    },
    {
      title:
        'a restart after a failed write finds its batch as a whole or not at all, and everything before it',
      async run() {
        const storage = await failing();
        await expectFailure(
          'the write',
          () => storage.write(rest),
          () => true,
        );
        await storage.close();
        const before = states.at(-1) ?? nothingStored;
        const left = await expectOneOf(() => factory.crash(storage), [before, applyBatch(before, rest)]);
        assert(left !== undefined, 'expected: a state\nfound:    a CorruptStateError');
        await left.storage.write(rest);
        await expectDurable(factory, left.storage, applyBatch(before, rest));
      },
    },
  ];
}
