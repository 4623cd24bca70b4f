// What a crash leaves, in what order writes take effect, and what follows the end of a storage's use.
import type { LogEntry } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { StoredState } from '../storage.ts';
import { expectDurable, expectFailure, expectSame, expectState, written } from './expectations.ts';
import { entries, entry, snapshot, vote } from './samples.ts';
import type { CaseOfAny } from './storage-case.ts';

export const crashCases: readonly CaseOfAny[] = [
  {
    title: 'every acknowledged write survives a crash right after it',
    async run(factory) {
      let storage = await factory.create();
      const log: LogEntry[] = [];
      for (let index = 1; index <= 20; index += 1) {
        const hardState = { currentTerm: index, votedFor: index % 3 };
        log.push(entry(index, `command ${index}`));
        await storage.write({ hardState, log: { firstIndex: index, entries: log.slice(-1) } });
        storage = await factory.crash(storage);
        await expectState(storage, { hardState, snapshot: undefined, entries: log });
      }
    },
  },
  {
    title: 'a crash while a batch is written leaves all of it or nothing of it',
    async run(factory) {
      const before: StoredState = { hardState: vote, snapshot: undefined, entries: entries(1, 6) };
      const after: StoredState = {
        hardState: { currentTerm: 8, votedFor: 1 },
        snapshot: snapshot(4, 1, 'four'),
        entries: [...entries(5, 1), entry(8, 'six'), entry(8, 'seven')],
      };
      const storage = await written(factory, [
        { hardState: vote, log: { firstIndex: 1, entries: before.entries } },
      ]);
      const writing = writeLater(() =>
        storage.write({
          hardState: after.hardState,
          snapshot: snapshot(4, 1, 'four'),
          log: { firstIndex: 6, entries: after.entries.slice(1) },
        }),
      ).catch(() => 'the crash may cut it off');
      const found = await (await factory.crash(storage)).load();
      // Not waited for: a write of a crashed storage need not settle.
      void writing;
      expectSame('What a crash leaves of the batch', found, before, after);
    },
  },
  {
    title: 'writes that are not waited for take effect in the order of the calls',
    async run(factory) {
      const storage = await factory.create();
      const writes: Promise<void>[] = [];
      for (let term = 1; term <= 30; term += 1) {
        const hardState = { currentTerm: term, votedFor: term % 5 };
        // Each one replaces the last entry of the one before it: any other order ends in another log, or does not fit.
        const firstIndex = term;
        writes.push(
          writeLater(() =>
            storage.write({ hardState, log: { firstIndex, entries: [entry(term, 'x'), entry(term, 'y')] } }),
          ),
        );
      }
      await Promise.all(writes);
      await expectDurable(factory, storage, {
        hardState: { currentTerm: 30, votedFor: 0 },
        snapshot: undefined,
        entries: [
          ...Array.from({ length: 29 }, (_, offset) => entry(offset + 1, 'x')),
          entry(30, 'x'),
          entry(30, 'y'),
        ],
      });
    },
  },
  {
    title: 'after a restart, writing goes on where it ended',
    async run(factory) {
      const storage = await written(factory, [
        { hardState: vote, log: { firstIndex: 1, entries: entries(1, 5) } },
        { snapshot: snapshot(2, 1, 'two') },
      ]);
      const restarted = await factory.crash(storage);
      await restarted.load();
      await restarted.write({ log: { firstIndex: 5, entries: [entry(7, 'five')] } });
      await restarted.write({ snapshot: snapshot(3, 1, 'three') });
      await expectDurable(factory, restarted, {
        hardState: vote,
        snapshot: snapshot(3, 1, 'three'),
        entries: [...entries(4, 1), entry(7, 'five')],
      });
    },
  },
  {
    title: 'close waits for the writes that have begun',
    async run(factory) {
      const storage = await written(factory, [{ hardState: vote }]);
      let isWritten = false;
      void writeLater(() => storage.write({ log: { firstIndex: 1, entries: entries(1, 3) } })).then(
        () => (isWritten = true),
        () => undefined,
      );
      await storage.close();
      // Both may settle at the same time; the news of the write needs some microtasks more.
      for (let count = 0; count < 10; count += 1) await Promise.resolve();
      assert(isWritten, 'expected: the write is settled when close resolves\nfound:    it is not');
      const reopened = await factory.crash(storage);
      await expectState(reopened, { hardState: vote, snapshot: undefined, entries: entries(1, 3) });
    },
  },
  {
    title: 'a closed storage refuses load and write, and a second close is no error',
    async run(factory) {
      const storage = await written(factory, [{ hardState: vote }]);
      await storage.close();
      await expectFailure('load after close', () => storage.load());
      await expectFailure('write after close', () =>
        storage.write({ hardState: { currentTerm: 9, votedFor: null } }),
      );
      await storage.close();
      const reopened = await factory.crash(storage);
      await expectState(reopened, { hardState: vote, snapshot: undefined, entries: [] });
    },
  },
];

/** A call that throws, as a promise that rejects. */
async function writeLater(write: () => void | Promise<void>): Promise<void> {
  await write();
}
