// Write-ahead logs under test, on simulated files and on Node's.
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '@raftlab/storage';
import type { StorageFactory } from '@raftlab/storage/compliance';
import { openWal, type WalOptions } from '@raftlab/wal';
import { SimulatedFileSystem } from '@raftlab/wal/simulated';
import { Random } from '@raftlab/runtime';

export const directory = '/data/server-0';

/** Small segments, so that a short history starts several. */
export const options = {
  cluster: 'test',
  server: 0,
  start: 'either',
  segmentSizeBytes: 4096,
} as const satisfies WalOptions;

export function open(fileSystem: SimulatedFileSystem, change: Partial<WalOptions> = {}) {
  return openWal(directory, { ...options, fileSystem, ...change });
}

/** On simulated files: a crash is a power failure that loses half of the data that is not durable. */
export function simulatedFactory(seed: string): StorageFactory {
  const random = Random.fromSeed(seed);
  const systems = new Map<Storage, SimulatedFileSystem>();
  const opened = async (system: SimulatedFileSystem): Promise<Storage> => {
    const storage = await open(system);
    systems.set(storage, system);
    return storage;
  };
  const systemOf = (storage: Storage): SimulatedFileSystem => {
    const system = systems.get(storage);
    if (system === undefined) throw new TypeError('not a storage of this factory');
    return system;
  };
  return {
    create: () => opened(new SimulatedFileSystem()),
    crash: (storage) => opened(systemOf(storage).powerLoss(random, 50)),
    openAgain: (storage) => opened(systemOf(storage)),
    damage: {
      cutTail(storage, portion) {
        const system = systemOf(storage).processCrash();
        cutTail(system, portion);
        return opened(system);
      },
      flipBit(storage, place) {
        const system = systemOf(storage).processCrash();
        const files = [...system.files];
        const bits = files.reduce((sum, [, size]) => sum + size * 8, 0);
        flip(system, files, Math.floor(place * bits));
        return opened(system);
      },
      failNextWrite(storage) {
        const system = systemOf(storage);
        system.faults = { fail: ({ kind }) => (kind === 'write' || kind === 'sync' ? 'EIO' : undefined) };
      },
    },
  };
}

/** Truncates the last segment, which has the newest records. */
function cutTail(system: SimulatedFileSystem, portion: number): void {
  const path =
    [...system.files.keys()]
      .filter((name) => name.endsWith('.wal'))
      .toSorted()
      .at(-1) ?? '';
  system.cut(path, Math.floor((system.files.get(path) ?? 0) * portion));
}

function flip(system: SimulatedFileSystem, files: readonly (readonly [string, number])[], bit: number): void {
  let rest = bit;
  for (const [path, size] of files) {
    if (rest < size * 8) return system.flipBit(path, rest);
    rest -= size * 8;
  }
}

/** A new directory, on the file system of the tests or in another directory. */
export function temporaryDirectory(within = tmpdir()): string {
  return mkdtempSync(join(within, 'raftlab-wal-'));
}

/** The files of a directory and their sizes. */
export function sizesIn(path: string): [name: string, sizeBytes: number][] {
  return readdirSync(path)
    .toSorted()
    .map((name) => [name, statSync(join(path, name)).size]);
}
