// What every Storage must satisfy, as data: any test runner, or none, can run it against a new implementation. A case
// that fails throws an Error that shows what was expected and what was found.
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import {
  CommandEntry,
  ConfigurationEntry,
  NoopEntry,
  payloadOf,
  type HardState,
  type LogEntry,
  type Snapshot,
} from '@raftlab/protocol';
import type { Storage, StoredState, WriteBatch } from './storage.ts';

export interface StorageFactory {
  /** A storage on which nothing was ever written. */
  create(): Storage | Promise<Storage>;
  /**
   * What a restart finds after a crash at this very moment: at least every write that was acknowledged. The old storage
   * is not used again.
   */
  crash(storage: Storage): Storage | Promise<Storage>;
}

export interface StorageCase {
  readonly title: string;
  run(factory: StorageFactory): Promise<void>;
}

const vote: HardState = { currentTerm: 7, votedFor: 2 };
const everyKind: readonly LogEntry[] = [
  new CommandEntry(1, bytesOf('a command')),
  new NoopEntry(2),
  new ConfigurationEntry(2, bytesOf('a configuration')),
  new CommandEntry(3, bytesOf('')),
  new ConfigurationEntry(3, bytesOf('')),
  new NoopEntry(7),
];

export const storageCompliance: readonly StorageCase[] = [
  {
    title: 'a storage that was never written loads as undefined, again after a crash',
    async run(factory) {
      const storage = await factory.create();
      await expectState(storage, undefined);
      await expectState(await factory.crash(storage), undefined);
    },
  },
  {
    title: 'the hard state comes back, with and without a vote, whatever its numbers',
    async run(factory) {
      const states: HardState[] = [
        { currentTerm: 1, votedFor: null },
        { currentTerm: 1, votedFor: 0 },
        { currentTerm: 300, votedFor: 4 },
        { currentTerm: 2 ** 32 + 1, votedFor: 0xffff },
        { currentTerm: Number.MAX_SAFE_INTEGER, votedFor: null },
      ];
      for (const hardState of states) {
        const storage = await written(factory, [{ hardState }]);
        await expectState(storage, { hardState, snapshot: undefined, entries: [] });
        await expectState(await factory.crash(storage), { hardState, snapshot: undefined, entries: [] });
      }
    },
  },
  {
    title: 'a later hard state replaces the earlier one, and nothing else',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: [entry(1, 'a')] } },
          { hardState: { currentTerm: 9, votedFor: null } },
        ],
        {
          hardState: { currentTerm: 9, votedFor: null },
          snapshot: undefined,
          entries: [entry(1, 'a')],
        },
      ),
  },
  {
    title: 'entries are appended where the log ends',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: [entry(1, 'a'), entry(1, 'b')] } },
          { log: { firstIndex: 3, entries: [entry(2, 'c')] } },
          { log: { firstIndex: 4, entries: [entry(7, 'd')] } },
        ],
        {
          hardState: vote,
          snapshot: undefined,
          entries: [entry(1, 'a'), entry(1, 'b'), entry(2, 'c'), entry(7, 'd')],
        },
      ),
  },
  {
    title: 'entries written before the end of the log replace everything from there on',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 5) } },
          { log: { firstIndex: 3, entries: [entry(4, 'new')] } },
        ],
        { hardState: vote, snapshot: undefined, entries: [...entries(1, 2), entry(4, 'new')] },
      ),
  },
  {
    title: 'a log part without entries truncates',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 5) } },
          { log: { firstIndex: 2, entries: [] } },
        ],
        { hardState: vote, snapshot: undefined, entries: entries(1, 1) },
      ),
  },
  {
    title: 'what was truncated does not come back when the log grows again',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 5) } },
          { log: { firstIndex: 1, entries: [] } },
          { log: { firstIndex: 1, entries: [entry(5, 'x')] } },
          { log: { firstIndex: 2, entries: [entry(5, 'y')] } },
        ],
        { hardState: vote, snapshot: undefined, entries: [entry(5, 'x'), entry(5, 'y')] },
      ),
  },
  {
    title: 'a snapshot drops the entries up to its index and keeps the later ones',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 5) } },
          { snapshot: snapshot(3, 1, 'three') },
        ],
        { hardState: vote, snapshot: snapshot(3, 1, 'three'), entries: entries(4, 2) },
      ),
  },
  {
    title: 'a snapshot up to the last entry leaves an empty log, which goes on after it',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 3) } },
          { snapshot: snapshot(3, 1, 'three') },
          { log: { firstIndex: 4, entries: [entry(6, 'next')] } },
        ],
        { hardState: vote, snapshot: snapshot(3, 1, 'three'), entries: [entry(6, 'next')] },
      ),
  },
  {
    title: 'a snapshot beyond the end of the log empties it, and the log goes on after the snapshot',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 3) } },
          { snapshot: snapshot(1000, 6, 'far') },
          { log: { firstIndex: 1001, entries: [entry(7, 'next')] } },
        ],
        { hardState: vote, snapshot: snapshot(1000, 6, 'far'), entries: [entry(7, 'next')] },
      ),
  },
  {
    title: 'a snapshot can be the first thing that is written',
    run: (factory) =>
      check(factory, [{ hardState: vote, snapshot: snapshot(12, 3, 'installed') }], {
        hardState: vote,
        snapshot: snapshot(12, 3, 'installed'),
        entries: [],
      }),
  },
  {
    title: 'a snapshot without data is still a snapshot',
    run: (factory) =>
      check(factory, [{ hardState: vote, snapshot: snapshot(2, 1, '') }], {
        hardState: vote,
        snapshot: snapshot(2, 1, ''),
        entries: [],
      }),
  },
  {
    title: 'a later snapshot replaces the earlier one',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 6) } },
          { snapshot: snapshot(2, 1, 'a longer snapshot than the next') },
          { snapshot: snapshot(4, 1, 'four') },
        ],
        { hardState: vote, snapshot: snapshot(4, 1, 'four'), entries: entries(5, 2) },
      ),
  },
  {
    title: 'a snapshot outlives later writes that do not mention it',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: entries(1, 3) } },
          { snapshot: snapshot(2, 1, 'two') },
          { hardState: { currentTerm: 8, votedFor: null } },
          { log: { firstIndex: 3, entries: [entry(8, 'c')] } },
          { log: { firstIndex: 4, entries: [] } },
        ],
        {
          hardState: { currentTerm: 8, votedFor: null },
          snapshot: snapshot(2, 1, 'two'),
          entries: [entry(8, 'c')],
        },
      ),
  },
  {
    title: 'the parts of one batch take effect in order: hard state, snapshot, log',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: { currentTerm: 1, votedFor: null }, log: { firstIndex: 1, entries: entries(1, 9) } },
          {
            hardState: vote,
            snapshot: snapshot(4, 1, 'four'),
            log: { firstIndex: 6, entries: [entry(7, 'six')] },
          },
        ],
        {
          hardState: vote,
          snapshot: snapshot(4, 1, 'four'),
          entries: [...entries(5, 1), entry(7, 'six')],
        },
      ),
  },
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
      const storage = await written(factory, [
        { hardState: vote, log: { firstIndex: 1, entries: before.entries } },
      ]);
      const after: StoredState = {
        hardState: { currentTerm: 8, votedFor: 1 },
        snapshot: snapshot(4, 1, 'four'),
        entries: [...entries(5, 1), entry(8, 'six'), entry(8, 'seven')],
      };
      const writing = Promise.resolve(
        storage.write({
          hardState: after.hardState,
          snapshot: snapshot(4, 1, 'four'),
          log: { firstIndex: 6, entries: after.entries.slice(1) },
        }),
      ).catch(() => 'the crash may cut it off');
      const found = describe(await (await factory.crash(storage)).load());
      await writing;
      if (found !== describe(before) && found !== describe(after)) {
        throw new Error(
          `The batch was torn apart.\nbefore: ${describe(before)}\nafter:  ${describe(after)}\nfound:  ${found}`,
        );
      }
    },
  },
  {
    title: 'writes that are not waited for take effect in the order of the calls',
    async run(factory) {
      const storage = await factory.create();
      const writes: Array<Promise<void>> = [];
      for (let term = 1; term <= 30; term += 1) {
        const hardState = { currentTerm: term, votedFor: term % 5 };
        // Each one truncates half of what is there: any other order ends in another log.
        const firstIndex = Math.ceil(term / 2);
        writes.push(
          Promise.resolve(
            storage.write({ hardState, log: { firstIndex, entries: [entry(term, 'x'), entry(term, 'y')] } }),
          ),
        );
      }
      await Promise.all(writes);
      const expected: StoredState = {
        hardState: { currentTerm: 30, votedFor: 0 },
        snapshot: undefined,
        entries: [
          ...Array.from({ length: 14 }, (_, offset) => entry(2 * offset + 2, 'x')),
          entry(30, 'x'),
          entry(30, 'y'),
        ],
      };
      await expectState(storage, expected);
      await expectState(await factory.crash(storage), expected);
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
      const expected: StoredState = {
        hardState: vote,
        snapshot: snapshot(3, 1, 'three'),
        entries: [...entries(4, 1), entry(7, 'five')],
      };
      await expectState(restarted, expected);
      await expectState(await factory.crash(restarted), expected);
    },
  },
  {
    title: 'large and empty commands, and a large snapshot, come back unchanged',
    async run(factory) {
      const sizes = [0, 1, 255, 256, 65_535, 65_536, 1_000_000];
      const large: LogEntry[] = sizes.map((sizeBytes) => new CommandEntry(3, pattern(sizeBytes)));
      const data = pattern(2_000_000);
      await check(
        factory,
        [
          { hardState: vote, snapshot: { lastIncludedIndex: 1, lastIncludedTerm: 3, data } },
          { log: { firstIndex: 2, entries: large } },
        ],
        {
          hardState: vote,
          snapshot: { lastIncludedIndex: 1, lastIncludedTerm: 3, data },
          entries: large,
        },
      );
    },
  },
  {
    title: 'every kind of entry comes back as that kind, with its term and its bytes',
    run: (factory) =>
      check(factory, [{ hardState: vote, log: { firstIndex: 1, entries: everyKind } }], {
        hardState: vote,
        snapshot: undefined,
        entries: everyKind,
      }),
  },
  {
    title: 'an entry of one kind replaces one of another kind',
    run: (factory) =>
      check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: everyKind } },
          {
            log: {
              firstIndex: 2,
              entries: [entry(4, 'x'), new NoopEntry(5), entry(6, 'y'), new NoopEntry(6)],
            },
          },
        ],
        {
          hardState: vote,
          snapshot: undefined,
          entries: [
            ...everyKind.slice(0, 1),
            entry(4, 'x'),
            new NoopEntry(5),
            entry(6, 'y'),
            new NoopEntry(6),
          ],
        },
      ),
  },
  {
    title: 'a snapshot up to a noop drops it, and keeps a noop after it',
    run: (factory) =>
      check(
        factory,
        [
          {
            hardState: vote,
            log: {
              firstIndex: 1,
              entries: [entry(1, 'a'), new NoopEntry(2), new NoopEntry(3), entry(3, 'b')],
            },
          },
          { snapshot: snapshot(2, 2, 'two') },
          { log: { firstIndex: 5, entries: [new NoopEntry(4)] } },
        ],
        {
          hardState: vote,
          snapshot: snapshot(2, 2, 'two'),
          entries: [new NoopEntry(3), entry(3, 'b'), new NoopEntry(4)],
        },
      ),
  },
  {
    title: 'many small writes',
    async run(factory) {
      const storage = await written(factory, [{ hardState: vote }]);
      const count = 500;
      for (let index = 1; index <= count; index += 1) {
        await storage.write({ log: { firstIndex: index, entries: [entry(1, `${index}`)] } });
        if (index % 100 === 0)
          await storage.write({ snapshot: snapshot(index - 10, 1, `up to ${index - 10}`) });
      }
      const expected: StoredState = {
        hardState: vote,
        snapshot: snapshot(count - 10, 1, `up to ${count - 10}`),
        entries: entries(count - 9, 10),
      };
      await expectState(storage, expected);
      await expectState(await factory.crash(storage), expected);
    },
  },
  {
    title: 'the storage shares no memory with the batches that were written to it',
    async run(factory) {
      const command = bytesOf('command');
      const data = bytesOf('data');
      const list: LogEntry[] = [new CommandEntry(1, command)];
      const storage = await written(factory, [
        { hardState: vote, snapshot: { lastIncludedIndex: 1, lastIncludedTerm: 1, data } },
        { log: { firstIndex: 2, entries: list } },
      ]);
      command.fill(0);
      data.fill(0);
      list.push(entry(1, 'late'));
      const expected: StoredState = {
        hardState: vote,
        snapshot: snapshot(1, 1, 'data'),
        entries: [entry(1, 'command')],
      };
      await expectState(storage, expected);
      await expectState(await factory.crash(storage), expected);
    },
  },
  {
    title: 'the storage shares no memory with what it loads',
    async run(factory) {
      const storage = await written(factory, [
        { hardState: vote, snapshot: snapshot(1, 1, 'data') },
        { log: { firstIndex: 2, entries: [entry(1, 'command')] } },
      ]);
      const loaded = await storage.load();
      loaded?.snapshot?.data.fill(0);
      for (const loadedEntry of loaded?.entries ?? []) payloadOf(loadedEntry).fill(0);
      const expected: StoredState = {
        hardState: vote,
        snapshot: snapshot(1, 1, 'data'),
        entries: [entry(1, 'command')],
      };
      await expectState(storage, expected);
      await expectState(await factory.crash(storage), expected);
    },
  },
  {
    title: 'a batch without parts changes nothing',
    async run(factory) {
      const storage = await factory.create();
      await storage.write({});
      await expectState(storage, undefined);
      await storage.write({ hardState: vote });
      await storage.write({});
      await expectState(storage, { hardState: vote, snapshot: undefined, entries: [] });
    },
  },
];

/** The batches, written one after another, lead to the state, and a crash does not change that. */
async function check(
  factory: StorageFactory,
  batches: readonly WriteBatch[],
  expected: StoredState,
): Promise<void> {
  const storage = await written(factory, batches);
  await expectState(storage, expected);
  await expectState(await factory.crash(storage), expected);
}

async function written(factory: StorageFactory, batches: readonly WriteBatch[]): Promise<Storage> {
  const storage = await factory.create();
  for (const batch of batches) await storage.write(batch);
  return storage;
}

async function expectState(storage: Storage, expected: StoredState | undefined): Promise<void> {
  const found = describe(await storage.load());
  if (found !== describe(expected)) {
    throw new Error(
      `The storage does not hold what was written.\nexpected: ${describe(expected)}\nfound:    ${found}`,
    );
  }
}

/** A state on one line, such that different states have different lines. */
function describe(state: StoredState | undefined): string {
  if (state === undefined) return 'nothing (first boot)';
  const { hardState, entries: log } = state;
  const { lastIncludedIndex, lastIncludedTerm, data } = state.snapshot ?? snapshot(0, 0, '');
  const summary =
    state.snapshot === undefined ? 'none' : `${lastIncludedIndex}:t${lastIncludedTerm} ${show(data)}`;
  const lines = log.map(
    (each, offset) => `${lastIncludedIndex + 1 + offset}:t${each.term} ${showContent(each)}`,
  );
  return `term ${hardState.currentTerm}, vote ${hardState.votedFor}, snapshot ${summary}, log [${lines.join(', ')}]`;
}

function showContent(each: LogEntry): string {
  switch (each.kind) {
    case 'command':
      return show(each.command);
    case 'noop':
      return 'noop';
    case 'configuration':
      return `configuration ${show(each.configuration)}`;
    default:
      return `(not an entry: kind ${String(Reflect.get(each, 'kind'))})`;
  }
}

function show(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) return `(not bytes: ${typeof bytes})`;
  if (bytes.length <= 40) return JSON.stringify(Buffer.from(bytes).toString('latin1'));
  return `(${bytes.length} bytes, CRC32 ${crc32(bytes).toString(16)})`;
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function entry(term: number, text: string): LogEntry {
  return new CommandEntry(term, bytesOf(text));
}

/** Entries of term 1, each with its own index as its command. */
function entries(firstIndex: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, offset) => entry(1, `${firstIndex + offset}`));
}

function snapshot(lastIncludedIndex: number, lastIncludedTerm: number, text: string): Snapshot {
  return { lastIncludedIndex, lastIncludedTerm, data: bytesOf(text) };
}

function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, offset) => (offset * 31 + (offset >> 8)) & 0xff);
}
