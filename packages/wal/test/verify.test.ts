// Reports about a directory, which do not change it.
import { CommandEntry } from '@raftlab/protocol';
import { inspectWal, verifyWal } from '@raftlab/wal';
import { SimulatedFileSystem } from '@raftlab/wal/simulated';
import { expect, test } from 'vitest';
import { directory, open } from './storages.ts';

/** Term 2, a snapshot up to 3, and the entries 4 and 5. */
async function someLog(): Promise<SimulatedFileSystem> {
  const system = new SimulatedFileSystem();
  const wal = await open(system);
  const entries = [1, 2, 3, 4, 5].map((value) => new CommandEntry(1, Uint8Array.of(value)));
  await wal.write({ hardState: { currentTerm: 2, votedFor: 1 }, log: { firstIndex: 1, entries } });
  await wal.write({ snapshot: { lastIncludedIndex: 3, lastIncludedTerm: 1, data: new Uint8Array(100) } });
  await wal.close();
  return system;
}

test('an undamaged directory is described, and not changed', async () => {
  const system = await someLog();
  const before = new Map(system.files);
  expect(await verifyWal(directory, { fileSystem: system })).toEqual({
    directory,
    identity: { cluster: 'test', server: 0 },
    segments: [
      { file: `${directory}/segment-000000000001.wal`, recordCount: 3, sizeBytes: 1536, lastEntryIndex: 5 },
    ],
    state: {
      hardState: { currentTerm: 2, votedFor: 1 },
      snapshot: {
        file: `${directory}/snapshot-000000000002.snap`,
        lastIncludedIndex: 3,
        lastIncludedTerm: 1,
        sizeBytes: 112,
      },
      firstIndex: 4,
      entryCount: 2,
    },
    torn: undefined,
    leftovers: [],
    damage: undefined,
  });
  expect(system.files).toEqual(before);
});

test('a torn write and a leftover file are reported, and are not damage', async () => {
  const system = await someLog();
  const file = await system.open(`${directory}/segment-000000000001.wal`, 'durable');
  await file.write(new Uint8Array(512), 1024);
  await file.write(Uint8Array.of(0x5a), 2048);
  await (await system.open(`${directory}/spare.tmp`, 'create')).close();
  expect(await inspectWal(directory, { fileSystem: system })).toMatchObject({
    torn: { file: `${directory}/segment-000000000001.wal`, offset: 1024, sizeBytes: 1536 },
    leftovers: [`${directory}/snapshot-000000000002.snap`, `${directory}/spare.tmp`],
    damage: undefined,
  });
});

test('the first damaged record is reported with file and offset', async () => {
  const system = await someLog();
  system.flipBit(`${directory}/segment-000000000001.wal`, 8 * (512 + 40));
  expect(await inspectWal(directory, { fileSystem: system })).toMatchObject({
    identity: { cluster: 'test', server: 0 },
    segments: [],
    state: undefined,
    damage: {
      message: expect.stringContaining('is damaged at offset 512'),
      file: `${directory}/segment-000000000001.wal`,
      offset: 512,
    },
  });
});

test('a damaged snapshot is detected by verifyWal, which reads it', async () => {
  const system = await someLog();
  const file = `${directory}/snapshot-000000000002.snap`;
  system.flipBit(file, 8 * 50);
  expect((await inspectWal(directory, { fileSystem: system })).damage).toBeUndefined();
  expect((await verifyWal(directory, { fileSystem: system })).damage).toMatchObject({ file });
});

test('a missing directory has no report', async () => {
  await expect(verifyWal('/nowhere', { fileSystem: new SimulatedFileSystem() })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
