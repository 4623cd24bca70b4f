// The write-ahead log passes the compliance suite of Storage, on simulated files and on Node's.
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Storage } from '@raftlab/storage';
import { storageCompliance, type StorageFactory } from '@raftlab/storage/compliance';
import { openWal } from '@raftlab/wal';
import { afterAll, describe, expect, test } from 'vitest';
import { options, simulatedFactory, sizesIn, temporaryDirectory } from './storages.ts';

describe('on simulated files that lose power', () => {
  const cases = storageCompliance(simulatedFactory('compliance'));
  test.each(cases.map(({ title, run }) => [title, run] as const))('%s', async (_title, run) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

const nodeDirectory = temporaryDirectory();
afterAll(() => rmSync(nodeDirectory, { recursive: true }));

/** A crash is a copy of the directory at this moment. */
function nodeFactory(): StorageFactory {
  const directories = new Map<Storage, string>();
  const opened = async (path: string): Promise<Storage> => {
    const storage = await openWal(path, options);
    directories.set(storage, path);
    return storage;
  };
  const copied = (storage: Storage): string => {
    const [from, to] = [directories.get(storage) ?? '', temporaryDirectory(nodeDirectory)];
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) if (name !== 'lock') copyFileSync(join(from, name), join(to, name));
    return to;
  };
  return {
    create: () => opened(temporaryDirectory(nodeDirectory)),
    crash: (storage) => opened(copied(storage)),
    openAgain: (storage) => opened(directories.get(storage) ?? ''),
    damage: {
      cutTail(storage, portion) {
        const path = copied(storage);
        const [name, size] = sizesIn(path).findLast(([each]) => each.endsWith('.wal')) ?? ['', 0];
        const file = openSync(join(path, name), 'r+');
        ftruncateSync(file, Math.floor(size * portion));
        closeSync(file);
        return opened(path);
      },
      flipBit(storage, place) {
        const path = copied(storage);
        const sizes = sizesIn(path);
        let bit = Math.floor(place * sizes.reduce((sum, [, size]) => sum + size * 8, 0));
        for (const [name, size] of sizes) {
          if (bit >= 0 && bit < size * 8) flip(join(path, name), bit);
          bit -= size * 8;
        }
        return opened(path);
      },
    },
  };
}

function flip(path: string, bit: number): void {
  const bytes = readFileSync(path);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  writeFileSync(path, bytes);
}

describe("on Node's files", () => {
  const cases = storageCompliance(nodeFactory());
  test.each(cases.map(({ title, run }) => [title, run] as const))(
    '%s',
    async (_title, run) => {
      await expect(run()).resolves.toBeUndefined();
    },
    60_000,
  );
});
