// What each part of a batch means.
import {
  CommandEntry,
  ConfigurationEntry,
  NoopEntry,
  type HardState,
  type LogEntry,
} from '@raftlab/protocol';
import { check, expectDurable, expectState, written } from './expectations.ts';
import { bytesOf, entries, entry, pattern, snapshot, vote } from './samples.ts';
import type { CaseOfAny } from './storage-case.ts';

const everyKind: readonly LogEntry[] = [
  new CommandEntry(1, bytesOf('a command')),
  new NoopEntry(2),
  new ConfigurationEntry(2, bytesOf('a configuration')),
  new CommandEntry(3, bytesOf('')),
  new ConfigurationEntry(3, bytesOf('')),
  new NoopEntry(7),
];

const hardStateCases: readonly CaseOfAny[] = [
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
        await check(factory, [{ hardState }], { hardState, snapshot: undefined, entries: [] });
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
];

const logCases: readonly CaseOfAny[] = [
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
    run(factory) {
      const replacing = [entry(4, 'x'), new NoopEntry(5), entry(6, 'y'), new NoopEntry(6)];
      return check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: everyKind } },
          { log: { firstIndex: 2, entries: replacing } },
        ],
        { hardState: vote, snapshot: undefined, entries: [...everyKind.slice(0, 1), ...replacing] },
      );
    },
  },
];

const snapshotCases: readonly CaseOfAny[] = [
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
    title: 'a snapshot up to a noop drops it, and keeps a noop after it',
    run(factory) {
      const kinds = [entry(1, 'a'), new NoopEntry(2), new NoopEntry(3), entry(3, 'b')];
      return check(
        factory,
        [
          { hardState: vote, log: { firstIndex: 1, entries: kinds } },
          { snapshot: snapshot(2, 2, 'two') },
          { log: { firstIndex: 5, entries: [new NoopEntry(4)] } },
        ],
        {
          hardState: vote,
          snapshot: snapshot(2, 2, 'two'),
          entries: [...kinds.slice(2), new NoopEntry(4)],
        },
      );
    },
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
];

export const batchCases: readonly CaseOfAny[] = [
  {
    title: 'a storage that was never written loads as undefined, again after a crash',
    run: async (factory) => expectDurable(factory, await factory.create(), undefined),
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
  ...hardStateCases,
  ...logCases,
  ...snapshotCases,
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
    title: 'large and empty commands, and a large snapshot, come back unchanged',
    run(factory) {
      const sizes = [0, 1, 255, 256, 65_535, 65_536, 1_000_000];
      const large = sizes.map((sizeBytes) => new CommandEntry(3, pattern(sizeBytes)));
      const image = { lastIncludedIndex: 1, lastIncludedTerm: 3, data: pattern(2_000_000) };
      return check(
        factory,
        [{ hardState: vote, snapshot: image }, { log: { firstIndex: 2, entries: large } }],
        { hardState: vote, snapshot: image, entries: large },
      );
    },
  },
  {
    title: 'many small writes',
    async run(factory) {
      const storage = await written(factory, [{ hardState: vote }]);
      const count = 500;
      for (let index = 1; index <= count; index += 1) {
        await storage.write({ log: { firstIndex: index, entries: entries(index, 1) } });
        if (index % 100 === 0)
          await storage.write({ snapshot: snapshot(index - 10, 1, `up to ${index - 10}`) });
      }
      await expectDurable(factory, storage, {
        hardState: vote,
        snapshot: snapshot(count - 10, 1, `up to ${count - 10}`),
        entries: entries(count - 9, 10),
      });
    },
  },
];
