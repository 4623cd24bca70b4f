// Group commit, space for the log, failures of any operation, changed bits at any offset, and turns of the event loop.
import { isDeepStrictEqual } from 'node:util';
import { CommandEntry } from '@raftlab/protocol';
import {
  applyBatch,
  BatchError,
  CorruptStateError,
  nothingStored,
  type Storage,
  type StoredState,
  type WriteBatch,
} from '@raftlab/storage';
import { IdentityError } from '@raftlab/wal';
import { SimulatedFileSystem, type Operation } from '@raftlab/wal/simulated';
import { Random } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { open } from './storages.ts';

const entryOf = (sizeBytes: number): CommandEntry => new CommandEntry(1, new Uint8Array(sizeBytes).fill(7));
const append = (firstIndex: number, count = 1, sizeBytes = 20): WriteBatch => ({
  log: { firstIndex, entries: Array.from({ length: count }, () => entryOf(sizeBytes)) },
});
const term = (currentTerm: number): WriteBatch => ({ hardState: { currentTerm, votedFor: null } });
const snapshot = (lastIncludedIndex: number): WriteBatch => ({
  snapshot: { lastIncludedIndex, lastIncludedTerm: 1, data: new Uint8Array(700).fill(lastIncludedIndex) },
});

/** Records the operations of a file system, as `kind name`. */
function noted(system: SimulatedFileSystem): string[] {
  const operations: string[] = [];
  system.faults = {
    onUnderWay: ({ kind, path }) => operations.push(`${kind} ${path.slice(path.lastIndexOf('/') + 1)}`),
  };
  return operations;
}

describe('group commit', () => {
  test('writes that are requested together are one write of one record', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system);
    const operations = noted(system);
    await Promise.all([
      wal.write(term(1)),
      wal.write(append(1)),
      wal.write(append(2)),
      wal.write(append(1, 3)),
    ]);
    expect(operations).toEqual(['write segment-000000000001.wal']);
    expect((await wal.load())?.entries).toHaveLength(3);
  });

  test('writes that are requested while one is pending are the next record', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system);
    await wal.write(term(1));
    const operations = noted(system);
    const later: Promise<void>[] = [];
    const first = wal.write(append(1));
    system.faults = {
      ...system.faults,
      delay: async () => {
        if (later.length === 0) later.push(wal.write(append(2)), wal.write(append(3)), wal.write(append(4)));
      },
    };
    await first;
    await Promise.all(later);
    expect(operations).toHaveLength(2);
  });

  test('a write that does not fit is rejected alone, and the others of its group are written', async () => {
    const wal = await open(new SimulatedFileSystem());
    const results = await Promise.allSettled([
      wal.write(term(1)),
      wal.write(append(1)),
      wal.write(append(3)),
      wal.write(append(2)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ reason: expect.any(BatchError) });
    expect((await wal.load())?.entries).toHaveLength(2);
  });
});

describe('segments', () => {
  test('a segment has its name when it is durable, and before the first record in it is acknowledged', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system, { segmentSizeBytes: 2048 });
    await wal.write(term(1));
    const operations = noted(system);
    for (let index = 1; index <= 4; index += 1) await wal.write(append(index));
    const begin = operations.indexOf('rename spare.tmp');
    expect(operations.slice(begin - 1, begin + 3)).toEqual([
      'write spare.tmp',
      'rename spare.tmp',
      'syncDirectory server-0',
      'write segment-000000000002.wal',
    ]);
    expect(operations.indexOf('sync spare.tmp')).toBeLessThan(begin);
  });

  test('a record that is larger than a segment has a segment of its own', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system, { segmentSizeBytes: 1024 });
    await wal.write(term(1));
    await wal.write(append(1, 1, 100_000));
    await wal.write(append(2, 1, 100));
    await wal.close();
    const stored = await (await open(system)).load();
    expect(stored?.entries.map((entry) => entry.kind === 'command' && entry.command.length)).toEqual([
      100_000, 100,
    ]);
  });

  test('the space for the next segment is allocated before it is needed, and a failure to do so is not a failure of a write', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system, { segmentSizeBytes: 4096 });
    await wal.write(term(1));
    let failed = 0;
    system.faults = {
      fail: ({ kind, path }) =>
        kind === 'write' && path.endsWith('spare.tmp') && (failed += 1) === 1 ? 'ENOSPC' : undefined,
    };
    for (let index = 1; index <= 9; index += 1) await wal.write(append(index));
    expect(failed).toBeGreaterThan(1);
    expect((await wal.load())?.entries).toHaveLength(9);
  });
});

/** A history with every kind of operation. Returns its states, and the number of acknowledged writes. */
async function run(
  system: SimulatedFileSystem,
): Promise<{ states: (StoredState | undefined)[]; acknowledged: number }> {
  const batches = [
    term(1),
    append(1, 3),
    append(4, 2, 600),
    snapshot(2),
    append(5, 1),
    append(6, 3),
    snapshot(7),
    append(9, 1),
  ];
  const states: (StoredState | undefined)[] = [undefined];
  for (const batch of batches) states.push(applyBatch(states.at(-1) ?? nothingStored, batch));
  let acknowledged = 0;
  let storage: Storage | undefined;
  try {
    storage = await open(system, { segmentSizeBytes: 2048 });
    for (const batch of batches) {
      await storage.write(batch);
      acknowledged += 1;
    }
  } catch (error) {
    if (!(error instanceof Error && /EIO|ENOSPC/.test(error.message))) throw error;
  }
  await storage?.close().catch(() => undefined);
  return { states, acknowledged };
}

describe('when the n-th operation fails, for every n', () => {
  test.each<[what: string, fails: (operation: Operation, n: number) => boolean, code: 'EIO' | 'ENOSPC']>([
    ['once', ({ number }, n) => number === n, 'EIO'],
    ['and every one after it', ({ number }, n) => number >= n, 'EIO'],
    ['for lack of room, once', ({ number, kind }, n) => number >= n && kind === 'write', 'ENOSPC'],
  ])('%s, no acknowledged write is lost', async (_what, fails, code) => {
    const random = Random.fromSeed('failing');
    let number = 0;
    for (let hasFailed = true; hasFailed;) {
      number += 1;
      hasFailed = false;
      const system = new SimulatedFileSystem();
      system.faults = {
        fail: (operation) => {
          const fail = fails(operation, number);
          hasFailed ||= fail;
          return fail ? code : undefined;
        },
      };
      const { states, acknowledged } = await run(system);
      for (const left of [system.processCrash(), system.powerLoss(random, 50)]) {
        const found = await (await open(left)).load();
        const at = states.findIndex((state) => isDeepStrictEqual(state, found));
        expect([number, at >= acknowledged]).toEqual([number, true]);
      }
    }
    expect(number).toBeGreaterThan(30);
  });
});

test('wherever a medium becomes full, in the middle of a write or between two, no acknowledged write is lost', async () => {
  const found = new Set<number>();
  for (let capacityBytes = 2000; capacityBytes < 14_000; capacityBytes += 130) {
    const system = new SimulatedFileSystem({ capacityBytes });
    const { states, acknowledged } = await run(system);
    const left = await (await open(system.processCrash())).load();
    const at = states.findIndex((state) => isDeepStrictEqual(state, left));
    expect([capacityBytes, at >= acknowledged]).toEqual([capacityBytes, true]);
    found.add(acknowledged);
  }
  expect(found.size).toBeGreaterThan(3);
});

const flipCount = Number(process.env['WAL_FLIPS'] ?? 1000);

test(`${flipCount} changed bits at any offset are read correctly or rejected`, async () => {
  const system = new SimulatedFileSystem();
  const { states } = await run(system);
  const random = Random.fromSeed(process.env['WAL_FLIP_SEED'] ?? 'flips');
  const counts = { refused: 0, correct: 0 };
  for (let flip = 0; flip < flipCount; flip += 1) {
    const changed = system.processCrash();
    const [path, sizeBytes] = random.pick([...changed.files]);
    const bit = random.int(0, sizeBytes * 8 - 1);
    changed.flipBit(path, bit);
    try {
      const found = await (await open(changed, { start: 'existing' })).load();
      expect([path, bit, found]).toEqual([path, bit, states.at(-1)]);
      counts.correct += 1;
    } catch (error) {
      if (!(error instanceof CorruptStateError || error instanceof IdentityError)) throw error;
      counts.refused += 1;
    }
  }
  expect(counts.refused).toBeGreaterThan(flipCount / 10);
  expect(counts.correct).toBeGreaterThan(flipCount / 10);
});

describe('snapshots that are stored ahead', () => {
  const data = new Uint8Array(3000).fill(5);
  const named: WriteBatch = { snapshot: { lastIncludedIndex: 2, lastIncludedTerm: 1, data } };
  const snapshotFiles = (system: SimulatedFileSystem): string[] =>
    [...system.files.keys()].filter((path) => path.includes('/snapshot-'));

  test('the write with the snapshot writes its name only, and entries do not wait for its bytes', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system);
    await wal.write({ ...term(1), ...append(1, 3) });
    const staged = wal.stage(data);
    await wal.write(append(4));
    await staged;
    expect((await wal.load())?.snapshot).toBeUndefined();
    const operations = noted(system);
    await wal.write(named);
    expect(operations).toEqual(['write segment-000000000001.wal']);
    expect((await wal.load())?.snapshot?.data).toEqual(data);
  });

  test('a snapshot that no write names is removed by the next one, and by the next opening', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system);
    await wal.write({ ...term(1), ...append(1, 3) });
    await wal.stage(new Uint8Array(10));
    await wal.stage(data);
    await wal.stage(new Uint8Array(20));
    await wal.write(named);
    await wal.stage(new Uint8Array(30));
    await wal.close();
    expect(snapshotFiles(system)).toHaveLength(2);
    const again = await open(system);
    expect((await again.load())?.snapshot?.data).toEqual(data);
    expect(snapshotFiles(system)).toHaveLength(1);
  });

  test('a failure makes the log unusable, as that of a write does', async () => {
    const system = new SimulatedFileSystem();
    const wal = await open(system);
    await wal.write(term(1));
    system.faults = { fail: ({ kind }) => (kind === 'sync' ? 'ENOSPC' : undefined) };
    await expect(wal.stage(data)).rejects.toThrow('full');
    await expect(wal.write(append(1))).rejects.toThrow('an earlier write failed');
    await wal.close();
    await expect(wal.stage(data)).rejects.toThrow('closed');
  });
});
