// The operations of both file systems on files, and the files of the simulated one after a power failure.
import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { LockedError, NodeFileSystem, type FileSystem, type OpenMode } from '@raftlab/wal';
import { SimulatedFileSystem } from '@raftlab/wal/simulated';
import { Random } from '@raftlab/runtime';
import { readFile, replaceFile, writeFully } from '#src/file-system';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from './storages.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const nodeDirectory = temporaryDirectory();
afterAll(() => rmSync(nodeDirectory, { recursive: true }));

/** A file system, and a new empty directory in it. */
interface Place {
  readonly fileSystem: FileSystem;
  readonly directory: string;
}

async function simulated(): Promise<{ fileSystem: SimulatedFileSystem; directory: string }> {
  const fileSystem = new SimulatedFileSystem();
  await fileSystem.makeDirectory('/data');
  return { fileSystem, directory: '/data' };
}

let directoryCount = 0;
async function onNode(): Promise<Place> {
  directoryCount += 1;
  const directory = join(nodeDirectory, String(directoryCount));
  mkdirSync(directory);
  return { fileSystem: new NodeFileSystem(), directory };
}

/** Writes at a position, without a sync. */
async function write(
  { fileSystem, directory }: Place,
  name: string,
  { content, mode = 'create', at = 0 }: { content: Uint8Array; mode?: OpenMode; at?: number },
): Promise<void> {
  const file = await fileSystem.open(`${directory}/${name}`, mode);
  await writeFully(file, content, at);
  await file.close();
}

describe.each<[what: string, place: () => Promise<Place>]>([
  ['the simulated file system', simulated],
  ["Node's file system", onNode],
])('%s', (_what, makePlace) => {
  test('reads the written bytes, zeros in a gap, and nothing after the end', async () => {
    const place = await makePlace();
    await write(place, 'a', { content: bytes(1, 2) });
    await write(place, 'a', { content: bytes(9), mode: 'durable', at: 4 });
    const file = await place.fileSystem.open(`${place.directory}/a`, 'read');
    const [whole, rest] = [new Uint8Array(8), new Uint8Array(8)];
    expect([await file.read(whole, 0), await file.read(rest, 5), await file.size()]).toEqual([5, 0, 5]);
    expect([...whole]).toEqual([1, 2, 0, 0, 9, 0, 0, 0]);
    await file.close();
  });

  test('an existing file is empty after it was created again', async () => {
    const place = await makePlace();
    await write(place, 'a', { content: bytes(1, 2, 3) });
    await write(place, 'a', { content: bytes(4) });
    expect([...(await readFile(place.fileSystem, `${place.directory}/a`))]).toEqual([4]);
  });

  test('renames over another file, removes, and lists in order', async () => {
    const { fileSystem, directory } = await makePlace();
    for (const name of ['b', 'a', 'c'])
      await write({ fileSystem, directory }, name, { content: bytes(name.length) });
    await fileSystem.rename(`${directory}/b`, `${directory}/a`);
    await fileSystem.remove(`${directory}/c`);
    await fileSystem.syncDirectory(directory);
    expect(await fileSystem.list(directory)).toEqual(['a']);
  });

  test('makes a directory with its parents, also if it exists', async () => {
    const { fileSystem, directory } = await makePlace();
    await fileSystem.makeDirectory(`${directory}/x/y/z`);
    await fileSystem.makeDirectory(`${directory}/x/y/z`);
    expect(await fileSystem.list(`${directory}/x/y`)).toEqual(['z']);
  });

  test.each<[what: string, call: (place: Place) => Promise<unknown>]>([
    ['open to read', ({ fileSystem, directory }) => fileSystem.open(`${directory}/none`, 'read')],
    [
      'open for durable writes',
      ({ fileSystem, directory }) => fileSystem.open(`${directory}/none`, 'durable'),
    ],
    [
      'create in a directory that is not there',
      ({ fileSystem, directory }) => fileSystem.open(`${directory}/x/y`, 'create'),
    ],
    ['rename', ({ fileSystem, directory }) => fileSystem.rename(`${directory}/none`, `${directory}/a`)],
    ['remove', ({ fileSystem, directory }) => fileSystem.remove(`${directory}/none`)],
    ['list', ({ fileSystem, directory }) => fileSystem.list(`${directory}/none`)],
  ])('%s of a missing file rejects with ENOENT', async (_call, call) => {
    await expect(call(await makePlace())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a file is replaced as a whole', async () => {
    const { fileSystem, directory } = await makePlace();
    await replaceFile(fileSystem, { directory, name: 'a' }, [bytes(1), bytes(2, 3)]);
    await replaceFile(fileSystem, { directory, name: 'a' }, [bytes(4)]);
    expect([...(await readFile(fileSystem, `${directory}/a`))]).toEqual([4]);
    expect(await fileSystem.list(directory)).toEqual(['a']);
  });

  test('a lock is rejected while it is taken, and can be taken after its release', async () => {
    const { fileSystem, directory } = await makePlace();
    const lock = await fileSystem.lock(`${directory}/lock`);
    await expect(fileSystem.lock(`${directory}/lock`)).rejects.toBeInstanceOf(LockedError);
    await lock.release();
    const again = await fileSystem.lock(`${directory}/lock`);
    await again.release();
  });
});

/** Leaves the lock of a process that has ended without a release: a socket behind which nobody is. */
async function leaveStaleLock(directory: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(join(directory, 'made'), resolve);
  });
  linkSync(join(directory, 'made'), join(directory, 'lock'));
  await new Promise((resolve) => server.close(resolve));
}

test('of several that find the lock of an ended process at the same time, one takes it', async () => {
  const fileSystem = new NodeFileSystem();
  for (let count = 1; count <= 10; count += 1) {
    const directory = join(nodeDirectory, `stale-${count}`);
    mkdirSync(directory);
    await leaveStaleLock(directory);
    const path = join(directory, 'lock');
    const results = await Promise.allSettled(Array.from({ length: count }, () => fileSystem.lock(path)));
    const taken = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    expect(taken).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LockedError);
    await taken[0]?.release();
    await (await fileSystem.lock(path)).release();
    expect(readdirSync(directory)).toEqual([]);
  }
});

describe('a power failure on the simulated file system', () => {
  /** The content of a file after all data that is not durable is lost; undefined for no file. */
  async function leftOf(fileSystem: SimulatedFileSystem, path: string): Promise<number[] | undefined> {
    const left = fileSystem.powerLoss(Random.fromSeed(1), 100);
    return left.files.has(path) ? [...(await readFile(left, path))] : undefined;
  }

  test('loses a file whose directory was not synced, and its content if it was not synced either', async () => {
    const place = await simulated();
    await write(place, 'a', { content: bytes(1) });
    expect(await leftOf(place.fileSystem, '/data/a')).toBeUndefined();
    await place.fileSystem.syncDirectory('/data');
    expect(await leftOf(place.fileSystem, '/data/a')).toEqual([]);
  });

  test('keeps synced data, and writes to a file that is open for durable writes', async () => {
    const { fileSystem, directory } = await simulated();
    await replaceFile(fileSystem, { directory, name: 'a' }, [bytes(1)]);
    await write({ fileSystem, directory }, 'a', { content: bytes(2), mode: 'durable', at: 1 });
    expect(await leftOf(fileSystem, '/data/a')).toEqual([1, 2]);
  });

  test('reverts a rename and a removal that were not synced', async () => {
    const { fileSystem, directory } = await simulated();
    await replaceFile(fileSystem, { directory, name: 'a' }, [bytes(1)]);
    await replaceFile(fileSystem, { directory, name: 'b' }, [bytes(2)]);
    await fileSystem.remove('/data/b');
    await fileSystem.rename('/data/a', '/data/b');
    expect(await leftOf(fileSystem, '/data/a')).toEqual([1]);
    expect(await leftOf(fileSystem, '/data/b')).toEqual([2]);
  });

  test('keeps any subset of the sectors of a write, each completely', async () => {
    const place = await simulated();
    await replaceFile(place.fileSystem, { directory: '/data', name: 'a' }, [new Uint8Array(2048)]);
    await write(place, 'a', { content: new Uint8Array(2048).fill(1), mode: 'create' });
    const random = Random.fromSeed('sectors');
    const found = new Set<string>();
    for (let count = 0; count < 200; count += 1) {
      const content = await readFile(place.fileSystem.powerLoss(random, 50), '/data/a');
      const sectors = [0, 512, 1024, 1536].map((at) =>
        [...new Set(content.subarray(at, at + 512))].join('+'),
      );
      found.add(sectors.join(' '));
    }
    expect(found.size).toBeGreaterThanOrEqual(16);
    expect([...found].filter((sectors) => sectors.includes('0+1'))).toEqual([]);
  });

  test('after a failed sync, a later one does not make earlier writes durable', async () => {
    const { fileSystem, directory } = await simulated();
    await replaceFile(fileSystem, { directory, name: 'a' }, [bytes(1)]);
    const file = await fileSystem.open('/data/a', 'create');
    await file.write(bytes(2), 0);
    fileSystem.faults = { fail: ({ kind }) => (kind === 'sync' ? 'EIO' : undefined) };
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    fileSystem.faults = {};
    await file.sync();
    expect(await leftOf(fileSystem, '/data/a')).toEqual([1]);
  });

  test('a crash of only the process loses nothing', async () => {
    const place = await simulated();
    await write(place, 'a', { content: bytes(1) });
    expect([...(await readFile(place.fileSystem.processCrash(), '/data/a'))]).toEqual([1]);
  });

  test('a full medium accepts what fits, then nothing', async () => {
    const place = await simulated();
    place.fileSystem.faults = { capacityBytes: 3 };
    const file = await place.fileSystem.open('/data/a', 'create');
    expect(await file.write(bytes(1, 2, 3, 4, 5), 0)).toBe(3);
    await expect(file.write(bytes(4, 5), 3)).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
