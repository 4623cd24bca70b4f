// Which directories are opened, and the errors for the others.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandEntry } from '@raftlab/protocol';
import { CorruptStateError } from '@raftlab/storage';
import {
  DirectoryError,
  IdentityError,
  LockedError,
  openWal,
  StorageFullError,
  type WalOptions,
} from '@raftlab/wal';
import { SimulatedFileSystem } from '@raftlab/wal/simulated';
import { afterAll, describe, expect, test } from 'vitest';
import { directory, open, options, temporaryDirectory } from './storages.ts';

const nodeDirectory = temporaryDirectory();
afterAll(() => rmSync(nodeDirectory, { recursive: true }));

/** A directory that server 0 of the cluster `test` has used. */
async function used(): Promise<SimulatedFileSystem> {
  const system = new SimulatedFileSystem();
  const wal = await open(system);
  await wal.write({ hardState: { currentTerm: 3, votedFor: 1 } });
  await wal.close();
  return system;
}

/** A file system that was mounted read-only after the directory was made. */
class ReadOnly extends SimulatedFileSystem {
  override lock(): Promise<never> {
    return Promise.reject(Object.assign(new Error('listen EROFS: read-only file system'), { code: 'EROFS' }));
  }
}

/** A file system that was mounted read-only before the directory was made, as Node reports it. */
class ReadOnlyAbove extends SimulatedFileSystem {
  override makeDirectory(): Promise<never> {
    return Promise.reject(
      Object.assign(new Error('ENOENT: no such file or directory, mkdir'), { code: 'ENOENT' }),
    );
  }
}

async function refusalOf(system: SimulatedFileSystem, change: Partial<WalOptions>): Promise<unknown> {
  return open(system, change).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('start', () => {
  test('new makes a directory that existing opens', async () => {
    const system = new SimulatedFileSystem();
    await (await open(system, { start: 'new' })).close();
    await expect((await open(system, { start: 'existing' })).load()).resolves.toBeUndefined();
  });

  test.each<
    [
      what: string,
      system: () => SimulatedFileSystem | Promise<SimulatedFileSystem>,
      change: Partial<WalOptions>,
      message: string,
    ]
  >([
    [
      'existing of a directory that is not there',
      () => new SimulatedFileSystem(),
      { start: 'existing' },
      'does not exist. If this server ran before, mount its disk',
    ],
    [
      'existing of an empty directory',
      emptied,
      { start: 'existing' },
      'is empty. If this server ran before, mount its disk',
    ],
    [
      'new of a directory that was used',
      used,
      { start: 'new' },
      'has been used by server 0 before. Open it with',
    ],
    [
      'the directory of another server',
      used,
      { server: 1 },
      'belongs to server 0 of cluster "test", not to server 1',
    ],
    ['the directory of another cluster', used, { cluster: 'other' }, 'not to server 0 of cluster "other"'],
    [
      'a directory without its identity',
      withoutIdentity,
      {},
      'has a log, but not the file that says whose it is',
    ],
    [
      'a directory with the files of somebody else',
      withForeignFile,
      { start: 'new' },
      "has files that are not a server's, such as thesis.tex. Give the server a directory of its own.",
    ],
    [
      'a directory of a newer program',
      ofNewerProgram,
      {},
      'has format version 2; this program reads the versions up to 1',
    ],
  ])('%s is rejected, with the remedy', async (_what, system, change, message) => {
    const error = await refusalOf(await system(), change);
    expect(error).toBeInstanceOf(IdentityError);
    expect(String(error)).toContain(message);
  });

  test('what a file system has of its own, and hidden files, may be in a new directory', async () => {
    const system = await withForeignFile();
    await system.remove(`${directory}/thesis.tex`);
    await expect((await open(system, { start: 'new' })).load()).resolves.toBeUndefined();
  });

  test('an identity that cannot be read is damage', async () => {
    const system = await used();
    system.flipBit(`${directory}/identity.json`, 8 * 50);
    expect(await refusalOf(system, {})).toBeInstanceOf(CorruptStateError);
  });

  test('an interrupted first start can be repeated', async () => {
    const system = new SimulatedFileSystem({
      fail: ({ kind, path }) => (kind === 'rename' && path.includes('identity') ? 'EIO' : undefined),
    });
    expect(await refusalOf(system, { start: 'new' })).toMatchObject({ code: 'EIO' });
    system.faults = {};
    await expect((await open(system, { start: 'new' })).load()).resolves.toBeUndefined();
  });

  test('a segment size below that of a sector is rejected', async () => {
    expect(await refusalOf(new SimulatedFileSystem(), { segmentSizeBytes: 511 })).toBeInstanceOf(RangeError);
  });
});

async function emptied(): Promise<SimulatedFileSystem> {
  const system = await used();
  for (const path of system.files.keys()) await system.remove(path);
  return system;
}

async function withForeignFile(): Promise<SimulatedFileSystem> {
  const system = new SimulatedFileSystem();
  await system.makeDirectory(directory);
  for (const name of ['lost+found', '.hidden', 'thesis.tex'])
    await (await system.open(`${directory}/${name}`, 'create')).close();
  return system;
}

async function withoutIdentity(): Promise<SimulatedFileSystem> {
  const system = await used();
  await system.remove(`${directory}/identity.json`);
  return system;
}

async function ofNewerProgram(): Promise<SimulatedFileSystem> {
  const system = await used();
  const text = '{"format":"raftlab-wal","version":2,"servers":["a","b"]}';
  const file = await system.open(`${directory}/identity.json`, 'create');
  await file.write(new TextEncoder().encode(text), 0);
  return system;
}

describe('the lock', () => {
  test('rejects a second storage on the directory, even of the same process, until the first is closed', async () => {
    const path = join(nodeDirectory, 'locked');
    const first = await openWal(path, options);
    const error = await openWal(path, options).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(LockedError);
    expect(String(error)).toContain(`in use by process ${process.pid}`);
    await first.close();
    await (await openWal(path, options)).close();
  });

  test('of a killed process is taken over', async () => {
    const path = join(nodeDirectory, 'stale');
    const script = `
      import { openWal } from ${JSON.stringify(import.meta.resolve('@raftlab/wal'))};
      const wal = await openWal(${JSON.stringify(path)}, ${JSON.stringify(options)});
      await wal.write({ hardState: { currentTerm: 9, votedFor: 1 } });
      process.kill(process.pid, 'SIGKILL');`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(signal).toBe('SIGKILL');
    const wal = await openWal(path, options);
    expect((await wal.load())?.hardState.currentTerm).toBe(9);
    await wal.close();
  });
});

describe('a medium that rejects', () => {
  test('files is refused with the reason and what to do', async () => {
    const file = join(nodeDirectory, 'garbage');
    writeFileSync(file, 'a file, not a directory');
    const opening = openWal(file, options);
    await expect(opening).rejects.toThrow(DirectoryError);
    await expect(opening).rejects.toThrow(`${file} cannot be the directory of a server (EEXIST). Give it a`);
    const above = await refusalOf(new ReadOnlyAbove(), { start: 'new' });
    expect(above).toBeInstanceOf(DirectoryError);
    expect(String(above)).toContain(`${directory} cannot be the directory of a server (ENOENT)`);
    const refusal = await refusalOf(new ReadOnly(), { start: 'new' });
    expect(refusal).toBeInstanceOf(DirectoryError);
    expect(String(refusal)).toContain(`${directory} cannot be the directory of a server (EROFS)`);
  });

  test('opening a directory where there is no room for a log rejects with StorageFullError', async () => {
    const fileSystem = new SimulatedFileSystem({ capacityBytes: 1000 });
    const small = { ...options, start: 'new', fileSystem, segmentSizeBytes: 4096 } as const;
    const opening = openWal('/data', small);
    await expect(opening).rejects.toBeInstanceOf(StorageFullError);
    await expect(opening).rejects.toThrow('/data is full');
    fileSystem.faults = {};
    await (await openWal('/data', small)).close();
  });

  test('more bytes rejects with StorageFullError, and acknowledged writes are found when there is space', async () => {
    const system = new SimulatedFileSystem({ capacityBytes: 20_000 });
    const wal = await open(system);
    await wal.write({ hardState: { currentTerm: 1, votedFor: null } });
    let acknowledged = 0;
    const full: unknown = await (async () => {
      for (let index = 1; ; index += 1) {
        await wal.write({ log: { firstIndex: index, entries: [new CommandEntry(1, new Uint8Array(1000))] } });
        acknowledged = index;
      }
    })().catch((error: unknown) => error);
    expect(full).toBeInstanceOf(StorageFullError);
    expect(String(full)).toContain('is full');
    await expect(wal.write({ hardState: { currentTerm: 2, votedFor: null } })).rejects.toMatchObject({
      reason: 'failed',
    });
    await wal.close();
    system.faults = {};
    const entries = (await (await open(system)).load())?.entries ?? [];
    expect(entries.length).toBe(acknowledged);
    expect(acknowledged).toBeGreaterThan(5);
  });
});
