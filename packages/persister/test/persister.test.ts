// The Persister's own guarantees: the lab's methods, the batches that it rejects, and the cost of a write. Its guarantees as a
// Storage: compliance.test.ts.
import { Persister } from '@raftlab/persister';
import { applyBatch, nothingStored, type StoredState, type WriteBatch } from '@raftlab/storage';
import { CommandEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import { frameRaftState } from '#src/persisted-form';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { history, writtenTo } from './histories.ts';

function bytes(...list: number[]): Uint8Array {
  return Uint8Array.from(list);
}

function entries(...terms: number[]): LogEntry[] {
  return terms.map((term, offset) => new CommandEntry(term, bytes(offset)));
}

describe("the lab's methods", () => {
  test('a new persister is empty', () => {
    const persister = new Persister();
    expect(persister.readRaftState()).toEqual(bytes());
    expect(persister.readSnapshot()).toEqual(bytes());
    expect([persister.raftStateSize(), persister.snapshotSize()]).toEqual([0, 0]);
  });

  test('save replaces both, and without a snapshot removes it', () => {
    const persister = new Persister();
    persister.save(bytes(1, 2, 3), bytes(4));
    expect([persister.raftStateSize(), persister.snapshotSize()]).toEqual([3, 1]);
    expect(persister.readRaftState()).toEqual(bytes(1, 2, 3));
    expect(persister.readSnapshot()).toEqual(bytes(4));
    persister.save(bytes(5), bytes());
    expect([persister.readRaftState(), persister.readSnapshot()]).toEqual([bytes(5), bytes()]);
  });

  test('a write after a save continues from the saved state, not from the one that was written before', () => {
    const other = writtenTo(new Persister(), [{ hardState: { currentTerm: 9, votedFor: 4 } }]);
    const persister = writtenTo(new Persister(), [
      { hardState: { currentTerm: 1, votedFor: 0 }, log: { firstIndex: 1, entries: entries(1) } },
    ]);
    persister.save(other.readRaftState(), other.readSnapshot());
    persister.write({ log: { firstIndex: 1, entries: entries(8, 9) } });
    expect(persister.load()).toEqual({
      hardState: { currentTerm: 9, votedFor: 4 },
      snapshot: undefined,
      entries: entries(8, 9),
    });
  });

  test('save stores copies, and the read methods return copies', () => {
    const persister = new Persister();
    const raftState = bytes(1);
    const snapshot = Buffer.from([2]);
    persister.save(raftState, snapshot);
    raftState[0] = 9;
    snapshot[0] = 9;
    persister.readRaftState()[0] = 9;
    persister.readSnapshot()[0] = 9;
    expect([persister.readRaftState(), persister.readSnapshot()]).toEqual([bytes(1), bytes(2)]);
  });

  test('changes to the results of readRaftState and readSnapshot do not change the content', () => {
    const persister = writtenTo(new Persister(), [
      { hardState: { currentTerm: 1, votedFor: 0 } },
      { snapshot: { lastIncludedIndex: 1, lastIncludedTerm: 1, data: bytes(7) } },
    ]);
    const before = persister.load();
    persister.readRaftState().fill(0);
    persister.readSnapshot().fill(0);
    expect(persister.load()).toEqual(before);
  });

  test('copy has the content of this moment; later changes of either do not affect the other', () => {
    fc.assert(
      fc.property(history, fc.nat(12), fc.boolean(), (batches, cut, isRead) => {
        const original = writtenTo(new Persister(), batches.slice(0, cut));
        if (isRead) original.readRaftState();
        const copy = original.copy();
        const atCopy = [copy.readRaftState(), copy.readSnapshot()];
        writtenTo(original, batches.slice(cut));
        const atEnd = [original.readRaftState(), original.readSnapshot()];
        expect([copy.readRaftState(), copy.readSnapshot()]).toEqual(atCopy);
        writtenTo(copy, batches.slice(cut));
        expect([copy.readRaftState(), copy.readSnapshot()]).toEqual(atEnd);
        copy.save(bytes(), bytes());
        expect([original.readRaftState(), original.readSnapshot()]).toEqual(atEnd);
      }),
    );
  });

  test('bytes that were read from one persister can be saved to another, which continues from there', () => {
    fc.assert(
      fc.property(history, fc.nat(12), (batches, cut) => {
        const first = writtenTo(new Persister(), batches.slice(0, cut));
        const second = new Persister();
        second.save(first.readRaftState(), first.readSnapshot());
        expect(second.readRaftState()).toEqual(first.readRaftState());
        expect(second.load()).toStrictEqual(first.load());
        writtenTo(first, batches.slice(cut));
        writtenTo(second, batches.slice(cut));
        expect(second.readRaftState()).toEqual(first.readRaftState());
        expect(second.readSnapshot()).toEqual(first.readSnapshot());
      }),
    );
  });
});

test.each([
  // With terms as signed integers, which some msgpack writers use, in as many bytes as unsigned ones.
  ['the same length', 300, bytes(7), bytes(8)],
  // Decoded in our form they would be an entry of one byte, and one of term 1 with a command of 0xc4 bytes up to the end.
  ['the same length, and that many entries', 0x1c4, bytes(), new Uint8Array(190)],
])('bytes of another msgpack writer are accepted, even if they have %s', (_what, term, first, second) => {
  const signed = [0xd1, term >> 8, term & 0xff];
  const entriesOfIt = [first, second].flatMap((command) => [...signed, 0xc4, command.length, ...command]);
  const body = bytes(0x98, 0xcd, term >> 8, term & 0xff, 0xc0, 0, 0, ...entriesOfIt);
  const persister = new Persister();
  persister.save(frameRaftState(body, bytes()), bytes());
  expect(persister.load()?.entries.map((entry) => entry.term)).toEqual([term, term]);
  persister.write({ log: { firstIndex: 2, entries: [new CommandEntry(term, bytes(9))] } });
  expect(persister.load()?.entries).toEqual([
    new CommandEntry(term, first),
    new CommandEntry(term, bytes(9)),
  ]);
});

test('an empty list of entries in a longer encoding is accepted', () => {
  const persister = new Persister();
  persister.save(frameRaftState(bytes(0xdc, 0, 4, 1, 0xc0, 0, 0), bytes()), bytes());
  persister.write({ hardState: { currentTerm: 2, votedFor: null } });
  const sizeBytes = persister.raftStateSize();
  expect(persister.readRaftState()).toHaveLength(sizeBytes);
});

// The model: a map from index to entry, and the rules of storage.ts one by one.
test('after any legal history, load returns the state that the rules of WriteBatch define, and applyBatch the same', () => {
  fc.assert(
    fc.property(history, (batches) => {
      let hardState: StoredState['hardState'] = { currentTerm: 0, votedFor: null };
      let snapshot: StoredState['snapshot'];
      let log = new Map<number, LogEntry>();
      for (const batch of batches) {
        hardState = batch.hardState ?? hardState;
        snapshot = batch.snapshot ?? snapshot;
        const base = snapshot?.lastIncludedIndex ?? 0;
        log = new Map([...log].filter(([index]) => index > base));
        if (batch.log === undefined) continue;
        const { firstIndex, entries: added } = batch.log;
        log = new Map([...log].filter(([index]) => index < firstIndex));
        for (const [offset, entry] of added.entries()) log.set(firstIndex + offset, entry);
      }
      const expected: StoredState = { hardState, snapshot, entries: [...log.values()] };
      expect(batches.reduce(applyBatch, nothingStored)).toStrictEqual(expected);
      const isFirstBoot = batches.every((batch) => Object.keys(batch).length === 0);
      expect(writtenTo(new Persister(), batches).load()).toStrictEqual(isFirstBoot ? undefined : expected);
    }),
    { numRuns: 500 },
  );
});

describe('write refuses', () => {
  const start: WriteBatch = {
    hardState: { currentTerm: 5, votedFor: null },
    snapshot: { lastIncludedIndex: 10, lastIncludedTerm: 2, data: bytes(1) },
    log: { firstIndex: 11, entries: entries(2, 3, 3) },
  };
  const snapshotAt = (lastIncludedIndex: number, lastIncludedTerm: number): WriteBatch => ({
    snapshot: { lastIncludedIndex, lastIncludedTerm, data: bytes() },
  });
  const logAt = (firstIndex: number, ...terms: number[]): WriteBatch => ({
    log: { firstIndex, entries: entries(...terms) },
  });

  test.each<[what: string, batch: WriteBatch, message: string]>([
    ['a gap', logAt(15, 4), 'entries from index 15 on: the log ends at index 13, and a gap would be left'],
    ['a gap after its own snapshot', { ...snapshotAt(20, 3), ...logAt(22, 4) }, 'the log ends at index 20'],
    [
      'entries below the snapshot',
      logAt(10, 4),
      'entries from index 10 on: the snapshot covers the indexes up to 10',
    ],
    [
      'entries below its own snapshot',
      { ...snapshotAt(12, 3), ...logAt(12, 4) },
      'covers the indexes up to 12',
    ],
    ['an index that is not a number', logAt(NaN, 4), 'entries from index NaN on'],
    ['an older snapshot', snapshotAt(9, 2), 'a snapshot up to index 9: the present one reaches index 10'],
    [
      'terms that decrease in the batch',
      logAt(14, 5, 4),
      'an entry of term 4 after term 5: terms never fall',
    ],
    ['terms that decrease at the start of the batch', logAt(14, 2), 'an entry of term 2 after term 3'],
    [
      'a snapshot with a later term than the next entry',
      snapshotAt(11, 4),
      'an entry of term 3 after term 4',
    ],
    [
      'an entry with a later term than currentTerm',
      logAt(14, 6),
      'an entry or a snapshot of term 6: currentTerm is 5',
    ],
    ['a snapshot with a later term than currentTerm', snapshotAt(20, 6), 'of term 6: currentTerm is 5'],
    [
      'a snapshot with a configuration',
      { snapshot: { lastIncludedIndex: 11, lastIncludedTerm: 2, data: bytes(), configuration: bytes(1) } },
      'a snapshot with a configuration: format version 2 has no field for it',
    ],
    ['a term below that of the log', { hardState: { currentTerm: 2, votedFor: null } }, 'currentTerm is 2'],
  ])('%s, and then changes nothing', (_what, batch, message) => {
    const persister = writtenTo(new Persister(), [start]);
    const before = persister.readRaftState();
    expect(() => persister.write(batch)).toThrow(message);
    expect(persister.readRaftState()).toEqual(before);
    persister.write(logAt(14, 5));
    expect(persister.load()?.entries).toEqual([...entries(2, 3, 3), ...entries(5)]);
  });

  test('a snapshot up to index 0', () => {
    expect(() => new Persister().write(snapshotAt(0, 0))).toThrow('a snapshot covers at least index 1');
    expect(new Persister().load()).toBeUndefined();
  });
});

describe('costs', () => {
  test('raftStateSize is the length of readRaftState, with and without a call of it', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (batches, isRead) => {
        const persister = new Persister();
        for (const batch of batches) {
          persister.write(batch);
          const sizeBytes = persister.raftStateSize();
          const twin = isRead ? persister : persister.copy();
          expect(twin.readRaftState().length).toBe(sizeBytes);
          expect(persister.snapshotSize()).toBe(persister.readSnapshot().length);
        }
      }),
      { numRuns: 500 },
    );
  });

  // Lengths at which msgpack changes the size of a header.
  test.each([0, 1, 5, 6, 7, 127, 128, 255, 256, 32_765, 32_766, 32_767, 65_535, 65_536])(
    'raftStateSize is correct with %d entries, and with a command of as many bytes',
    (count) => {
      const persister = new Persister();
      persister.write({ hardState: { currentTerm: 1, votedFor: null } });
      persister.write({
        log: {
          firstIndex: 1,
          entries: Array.from({ length: count }, () => new CommandEntry(1, bytes(1))),
        },
      });
      expect(persister.copy().readRaftState().length).toBe(persister.raftStateSize());
      persister.write({ log: { firstIndex: 1, entries: [new CommandEntry(1, new Uint8Array(count))] } });
      expect(persister.copy().readRaftState().length).toBe(persister.raftStateSize());
    },
  );

  test.each([
    { term: 3, commandSize: 8, expected: 11 },
    { term: 1000, commandSize: 8, expected: 13 },
    { term: 1000, commandSize: 16, expected: 21 },
    { term: Number.MAX_SAFE_INTEGER, commandSize: 16, expected: 27 },
  ])('an entry of term $term with $commandSize bytes takes $expected', ({ term, commandSize, expected }) => {
    expect(addedBytes(new CommandEntry(term, new Uint8Array(commandSize)))).toBe(expected);
  });

  test('a noop takes one byte and its term', () => {
    expect([addedBytes(new NoopEntry(3)), addedBytes(new NoopEntry(1000))]).toEqual([2, 4]);
  });

  // Not a figure but a ratio: writing one entry must not cost more in a long log.
  test('the cost of a write is proportional to its batch, not to the log', () => {
    const long = logOf(100_000);
    const short = logOf(10);
    writeMany(logOf(10), 10);
    const shortMs = measureMs(() => writeMany(short, 10));
    const longMs = measureMs(() => writeMany(long, 100_000));
    // A write that iterates over the log would take 10,000 times as long.
    expect(longMs).toBeLessThan(20 * shortMs + 100);
  });

  test('100,000 small entries are loaded from their bytes in well under 0.3 s', () => {
    const persister = logOf(100_000);
    const bestMs = Math.min(...[1, 2, 3, 4, 5].map(() => measureMs(() => persister.load())));
    expect(persister.load()?.entries.length).toBe(100_000);
    expect(bestMs).toBeLessThan(300);
  });
});

function logOf(count: number): Persister {
  const all = Array.from({ length: count }, (_, offset) => {
    return new CommandEntry(1, bytes(offset & 255, 1, 2, 3, 4, 5, 6, 7));
  });
  return writtenTo(new Persister(), [
    { hardState: { currentTerm: 1, votedFor: 0 }, log: { firstIndex: 1, entries: all } },
  ]);
}

function addedBytes(entry: LogEntry): number {
  const persister = writtenTo(new Persister(), [{ hardState: { currentTerm: entry.term, votedFor: 1 } }]);
  persister.write({ log: { firstIndex: 1, entries: [entry] } });
  const before = persister.raftStateSize();
  persister.write({ log: { firstIndex: 2, entries: [entry] } });
  return persister.raftStateSize() - before;
}

function expectSize(persister: Persister): void {
  if (persister.raftStateSize() === 0) throw new Error('no size');
}

/** Processor time, not time on the clock: other programs may be running. */
function measureMs(action: () => unknown): number {
  const start = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function writeMany(persister: Persister, lastIndex: number): void {
  for (let count = 0; count < 3000; count += 1) {
    persister.write({ log: { firstIndex: lastIndex + 1, entries: entries(1) } });
    expectSize(persister);
  }
}
