// Whose the bytes and arrays are: every one of them is overwritten as soon as the rules of Storage allow it.
import { CommandEntry, ConfigurationEntry, payloadOf, type LogEntry } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { StoredState, WriteBatch } from '../storage.ts';
import { expectDurable, expectSame, written } from './expectations.ts';
import { bytesOf, entries, entry, snapshot, vote } from './samples.ts';
import type { CaseOfAny } from './storage-case.ts';

const expected: StoredState = {
  hardState: vote,
  snapshot: snapshot(1, 1, 'data'),
  entries: [entry(1, 'first'), new ConfigurationEntry(1, bytesOf('second')), entry(7, 'third')],
};

/** Batches that lead to the expected state, made anew. */
function freshBatches(): Changeable[] {
  const list: LogEntry[] = [
    new CommandEntry(1, bytesOf('first')),
    new ConfigurationEntry(1, bytesOf('second')),
    new CommandEntry(7, bytesOf('third')),
  ];
  return [
    { hardState: { ...vote }, snapshot: snapshot(1, 1, 'data') },
    { log: { firstIndex: 2, entries: list } },
  ];
}

type Changeable = { -readonly [Part in keyof WriteBatch]: WriteBatch[Part] };

/** Overwrites every byte, and changes every array and object, of what was lent or handed over. */
function destroy(lent: {
  hardState?: WriteBatch['hardState'];
  snapshot?: WriteBatch['snapshot'] | undefined;
  log?: WriteBatch['log'];
}): void {
  lent.snapshot?.data.fill(0xee);
  for (const each of lent.log?.entries ?? []) payloadOf(each).fill(0xee);
  for (const part of [lent.hardState, lent.snapshot, lent.log]) {
    if (part === undefined) continue;
    if ('entries' in part && Array.isArray(part.entries))
      part.entries.splice(0, 1, entry(1, 'late'), entry(1, 'later'));
    for (const key of Object.keys(part)) Reflect.set(part, key, undefined);
  }
  for (const key of Object.keys(lent)) Reflect.deleteProperty(lent, key);
}

export const ownershipCases: readonly CaseOfAny[] = [
  {
    title:
      'the storage keeps nothing of a batch: the caller may overwrite all of it once the write is settled',
    async run(factory) {
      const storage = await factory.create();
      for (const batch of freshBatches()) {
        await storage.write(batch);
        destroy(batch);
      }
      await expectDurable(factory, storage, expected);
    },
  },
  {
    title: 'what was loaded belongs to the caller: overwriting all of it changes nothing that is stored',
    async run(factory) {
      const storage = await written(factory, freshBatches());
      const loaded = await storage.load();
      assert(loaded !== undefined, 'expected: a state\nfound:    nothing');
      const { hardState, snapshot: image, entries: list } = loaded;
      destroy({ hardState, snapshot: image, log: { firstIndex: 2, entries: list } });
      await expectDurable(factory, storage, expected);
    },
  },
  {
    title: 'what was loaded does not change when the storage is written',
    async run(factory) {
      const storage = await written(factory, freshBatches());
      const loaded = await storage.load();
      await storage.write({ log: { firstIndex: 3, entries: [entry(7, 'other')] } });
      await storage.write({
        hardState: { currentTerm: 8, votedFor: null },
        snapshot: snapshot(3, 7, 'later'),
      });
      expectSame('What was loaded', loaded, expected);
    },
  },
  {
    title: 'the storage changes nothing of a batch',
    async run(factory) {
      const storage = await written(factory, [
        { hardState: vote, log: { firstIndex: 1, entries: entries(1, 3) } },
      ]);
      const batch = freshBatches().reduce((all, each) => ({ ...all, ...each }), {});
      await storage.write(batch);
      const { hardState, snapshot: image, log } = batch;
      assert(hardState !== undefined && log?.firstIndex === 2, 'the hard state or firstIndex has changed');
      expectSame('The batch', { hardState, snapshot: image, entries: log.entries }, expected);
    },
  },
];
