// A damaged directory: a torn tail is truncated, and all other damage is an error with file and offset.
import { CommandEntry } from '@raftlab/protocol';
import { CorruptStateError, type StoredState, type WriteBatch } from '@raftlab/storage';
import { SimulatedFileSystem } from '@raftlab/wal/simulated';
import { sectorSizeBytes } from '#src/sectors';
import { describe, expect, test } from 'vitest';
import { directory, open } from './storages.ts';

const entryOf = (text: string): CommandEntry => new CommandEntry(1, new TextEncoder().encode(text));
const hardState = { currentTerm: 1, votedFor: 0 };
const segment = (number: number): string => `${directory}/segment-${String(number).padStart(12, '0')}.wal`;

/** A log with a checkpoint in sector 0, the hard state in sector 1, and an entry in each of the sectors from 2 on. */
async function logOf(
  entryCount: number,
  segmentSizeBytes = 64 * sectorSizeBytes,
): Promise<SimulatedFileSystem> {
  const system = new SimulatedFileSystem();
  const wal = await open(system, { segmentSizeBytes });
  await wal.write({ hardState });
  for (let index = 1; index <= entryCount; index += 1) {
    await wal.write({ log: { firstIndex: index, entries: [entryOf(`entry ${index}`)] } });
  }
  await wal.close();
  return system;
}

async function load(system: SimulatedFileSystem): Promise<StoredState | undefined> {
  const wal = await open(system);
  const stored = await wal.load();
  await wal.close();
  return stored;
}

/** Overwrites bytes of a file, durably. */
async function overwrite(
  system: SimulatedFileSystem,
  path: string,
  { at, bytes }: { at: number; bytes: Uint8Array },
) {
  const file = await system.open(path, 'durable');
  await file.write(bytes, at);
  await file.close();
}

const blank = (sectors = 1): Uint8Array => new Uint8Array(sectors * sectorSizeBytes);

async function expectDamage(
  system: SimulatedFileSystem,
  expected: { file: string; offset?: number; what: string },
) {
  const error: unknown = await load(system).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(CorruptStateError);
  expect(error).toMatchObject({ file: expected.file, offset: expected.offset });
  expect(String(error)).toContain(expected.what);
}

describe('a torn tail is truncated:', () => {
  test('a record of which no sector was written leaves no trace', async () => {
    const system = await logOf(3);
    await overwrite(system, segment(1), { at: 4 * sectorSizeBytes, bytes: blank() });
    expect((await load(system))?.entries).toHaveLength(2);
  });

  test('a record without its first sector, or without another, is truncated, and its sectors are erased', async () => {
    for (const missing of [0, 1, 2]) {
      const system = await logOf(1);
      const wal = await open(system);
      await wal.write({ log: { firstIndex: 2, entries: [entryOf('x'.repeat(2.5 * sectorSizeBytes))] } });
      await wal.close();
      await overwrite(system, segment(1), { at: (3 + missing) * sectorSizeBytes, bytes: blank() });
      expect((await load(system))?.entries).toHaveLength(1);
      const file = await system.open(segment(1), 'read');
      const rest = blank(3);
      await file.read(rest, 3 * sectorSizeBytes);
      expect(rest).toEqual(blank(3));
    }
  });

  test('the log continues where it was truncated', async () => {
    const system = await logOf(3);
    await overwrite(system, segment(1), { at: 4 * sectorSizeBytes, bytes: blank() });
    const wal = await open(system);
    await wal.write({ log: { firstIndex: 3, entries: [entryOf('another')] } });
    await wal.close();
    expect((await load(system))?.entries.at(-1)).toEqual(entryOf('another'));
  });
});

describe('damage is an error:', () => {
  test.each([
    ['in the mark of the last record', 4, 0, 'no record begins there'],
    ['in the header of the last record', 4, 3, 'the header has the checksum'],
    ['in the payload of the last record', 4, 40, 'the record has the checksum'],
    ['in a record in the middle', 3, 40, 'the record has the checksum'],
    ['in the checkpoint', 0, 40, 'the record has the checksum'],
  ])('a changed bit %s', async (_where, sector, at, what) => {
    const system = await logOf(3);
    system.flipBit(segment(1), (sector * sectorSizeBytes + at) * 8);
    await expectDamage(system, { file: segment(1), offset: sector * sectorSizeBytes, what });
  });

  test('a changed bit in a mark within the last record', async () => {
    const system = await logOf(1);
    const wal = await open(system);
    await wal.write({ log: { firstIndex: 2, entries: [entryOf('x'.repeat(2 * sectorSizeBytes))] } });
    await wal.close();
    system.flipBit(segment(1), 4 * sectorSizeBytes * 8);
    await expectDamage(system, {
      file: segment(1),
      offset: 3 * sectorSizeBytes,
      what: 'does not begin with the mark',
    });
  });

  test('a missing record before others', async () => {
    const system = await logOf(3);
    await overwrite(system, segment(1), { at: 3 * sectorSizeBytes, bytes: blank() });
    const what = `one follows at offset ${4 * sectorSizeBytes}`;
    await expectDamage(system, { file: segment(1), offset: 3 * sectorSizeBytes, what });
  });

  test('a record at another position than its own', async () => {
    const system = await logOf(3);
    const file = await system.open(segment(1), 'read');
    const sector = blank();
    await file.read(sector, 3 * sectorSizeBytes);
    await overwrite(system, segment(1), { at: 2 * sectorSizeBytes, bytes: sector });
    await expectDamage(system, {
      file: segment(1),
      offset: 2 * sectorSizeBytes,
      what: 'a record of position 3 at position 2',
    });
  });

  test('a record after another one than when it was written', async () => {
    // Two logs that differ in their second entry: the third record of one after the second of the other.
    const [system, other] = [await logOf(3), await logOf(1)];
    const wal = await open(other);
    await wal.write({ log: { firstIndex: 2, entries: [entryOf('entry B')] } });
    await wal.write({ log: { firstIndex: 3, entries: [entryOf('entry 3')] } });
    await wal.close();
    const sector = blank();
    await (await other.open(segment(1), 'read')).read(sector, 4 * sectorSizeBytes);
    await overwrite(system, segment(1), { at: 4 * sectorSizeBytes, bytes: sector });
    await expectDamage(system, {
      file: segment(1),
      offset: 4 * sectorSizeBytes,
      what: 'the record has the checksum',
    });
  });

  test('a torn record at the end of a segment that is not the last', async () => {
    const system = await logOf(12, 8 * sectorSizeBytes);
    await overwrite(system, segment(1), { at: 7 * sectorSizeBytes, bytes: blank() });
    await expectDamage(system, { file: segment(2), offset: 0, what: 'a record of position 8 at position 7' });
  });

  test('a missing segment before others', async () => {
    const system = await logOf(12, 8 * sectorSizeBytes);
    await system.remove(segment(1));
    await expectDamage(system, {
      file: segment(2),
      offset: 0,
      what: 'The entries 1 to 6 are in a segment before',
    });
  });

  test('no segment at all', async () => {
    const system = await logOf(1);
    await system.remove(segment(1));
    await expectDamage(system, { file: directory, what: 'but no segment of its log' });
  });

  test('a snapshot that is missing, truncated or changed', async () => {
    const damages: [what: string, damage: (system: SimulatedFileSystem, path: string) => unknown][] = [
      ['there is no such file', (system, path) => system.remove(path)],
      ['it has 20 bytes, but', (system, path) => system.cut(path, 20)],
      ['its checksum is not that', (system, path) => system.flipBit(path, 8 * 30)],
    ];
    for (const [what, damage] of damages) {
      const system = await logOf(3);
      const wal = await open(system);
      await wal.write({
        snapshot: { lastIncludedIndex: 2, lastIncludedTerm: 1, data: new Uint8Array(100).fill(7) },
      });
      await wal.close();
      const path = [...system.files.keys()].find((name) => name.endsWith('.snap')) ?? '';
      await damage(system, path);
      await expectDamage(system, { file: path, what });
    }
  });
});

describe('files that a crash left behind are removed:', () => {
  const snapshot: WriteBatch = {
    snapshot: { lastIncludedIndex: 12, lastIncludedTerm: 1, data: new Uint8Array(9) },
  };

  test('segments that reappear after their removal, with and without a gap', async () => {
    for (const returning of [[1], [2], [1, 2]]) {
      const system = await logOf(24, 8 * sectorSizeBytes);
      const before = system.processCrash();
      const wal = await open(system, { segmentSizeBytes: 8 * sectorSizeBytes });
      await wal.write({ snapshot: { lastIncludedIndex: 20, lastIncludedTerm: 1, data: new Uint8Array(9) } });
      await wal.close();
      expect(system.files.has(segment(2))).toBe(false);
      for (const number of returning) {
        const bytes = new Uint8Array(before.files.get(segment(number)) ?? 0);
        await (await before.open(segment(number), 'read')).read(bytes, 0);
        await (await system.open(segment(number), 'create')).write(bytes, 0);
      }
      const stored = await load(system);
      expect([stored?.snapshot?.lastIncludedIndex, stored?.entries.length]).toEqual([20, 4]);
    }
  });

  test('a snapshot to which no record refers, and unfinished files', async () => {
    const system = await logOf(12);
    for (const name of ['snapshot-000000000099.snap', 'spare.tmp', 'identity.json.tmp']) {
      await (await system.open(`${directory}/${name}`, 'create')).write(new Uint8Array(9), 0);
    }
    await load(system);
    expect([...system.files.keys()]).toEqual([segment(1), `${directory}/identity.json`]);
  });

  test('the previous snapshot, and the segments with entries that the last one covers', async () => {
    const system = await logOf(12, 8 * sectorSizeBytes);
    const wal = await open(system, { segmentSizeBytes: 8 * sectorSizeBytes });
    await wal.write({ snapshot: { lastIncludedIndex: 3, lastIncludedTerm: 1, data: new Uint8Array(9) } });
    await wal.write(snapshot);
    await wal.close();
    const names = [...system.files.keys()].map((path) =>
      path.slice(directory.length + 1).replace(/\d+/, '#'),
    );
    expect(names.toSorted()).toEqual(['identity.json', 'segment-#.wal', 'snapshot-#.snap']);
    expect((await load(system))?.snapshot).toEqual(snapshot.snapshot);
  });
});
