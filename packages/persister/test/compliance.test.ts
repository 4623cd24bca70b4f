// The Persister and the simulated disks over it pass the compliance suite of Storage.
import { DelayingStorage, MemoryDisk, Persister } from '@raftlab/persister';
import type { Disk, Storage } from '@raftlab/storage';
import { storageCompliance, type StorageFactory } from '@raftlab/storage/compliance';
import { Random, VirtualClock } from '@raftlab/runtime';
import { usualDisk } from '#src/delaying-storage';
import { describe, expect, test } from 'vitest';

/** A copy whose bytes, the Raft state and then the snapshot, were changed. */
function damaged(storage: Storage, change: (bytes: Uint8Array) => Uint8Array): Persister {
  const persister = asPersister(storage).copy();
  const raftState = persister.readRaftState();
  const bytes = change(Uint8Array.from([...raftState, ...persister.readSnapshot()]));
  persister.save(bytes.subarray(0, raftState.length), bytes.subarray(raftState.length));
  return persister;
}

function asPersister(storage: Storage): Persister {
  if (!(storage instanceof Persister)) throw new TypeError('not a storage of this factory');
  return storage;
}

const persisterFactory: StorageFactory = {
  create: () => new Persister(),
  crash: (storage) => asPersister(storage).copy(),
  damage: {
    cutTail: (storage, portion) =>
      damaged(storage, (bytes) => bytes.subarray(0, Math.floor(portion * bytes.length))),
    flipBit: (storage, place) =>
      damaged(storage, (bytes) => {
        const bit = Math.floor(place * bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return bytes;
      }),
  },
};

/** Storages of disks; each disk is found by the storage that was opened last. */
function diskFactory(open: (disk: Disk) => Storage, damage: StorageFactory['damage'] = {}): StorageFactory {
  const disks = new Map<Storage, Disk>();
  const opened = (disk: Disk): Storage => {
    const storage = open(disk);
    disks.set(storage, disk);
    return storage;
  };
  return {
    create: () => opened(new MemoryDisk()),
    crash: (storage) => opened((disks.get(storage) ?? new MemoryDisk()).crash()),
    damage,
  };
}

describe('the Persister is a Storage', () => {
  test.each(storageCompliance(persisterFactory).map(({ title, run }) => [title, run] as const))(
    '%s',
    async (_title, run) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});

describe('a disk in memory has a Storage', () => {
  const factory = diskFactory((disk) => disk.open());
  test.each(storageCompliance(factory).map(({ title, run }) => [title, run] as const))(
    '%s',
    async (_title, run) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});

describe('a slow disk has a Storage', () => {
  const failing = new Set<Storage>();
  const titles = storageCompliance(slowFactory(new VirtualClock(), failing)).map(({ title }) => title);

  test.each(titles)('%s', async (title) => {
    const clock = new VirtualClock();
    const cases = storageCompliance(slowFactory(clock, failing));
    const run = cases.find((each) => each.title === title)?.run;
    await expect(clock.run(async () => run?.())).resolves.toBeUndefined();
  });
});

/** Writes fail after the storage was added to `failing`. */
function slowFactory(clock: VirtualClock, failing: Set<Storage>): StorageFactory {
  const open = (disk: Disk): Storage => {
    const storage: Storage = new DelayingStorage(disk.open(), {
      clock,
      random: Random.fromSeed(1),
      habits: () => ({ ...usualDisk, failuresPer10000: failing.has(storage) ? 10_000 : 0 }),
    });
    return storage;
  };
  return diskFactory(open, { failNextWrite: (storage) => void failing.add(storage) });
}
