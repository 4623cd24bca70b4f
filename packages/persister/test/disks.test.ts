// The content of a simulated disk after a crash, and its reports of writes.
import { DelayingStorage, DiskError, MemoryDisk } from '@raftlab/persister';
import { Random, VirtualClock } from '@raftlab/runtime';
import { watched, type Storage, type WriteBatch } from '@raftlab/storage';
import { usualDisk } from '#src/delaying-storage';
import { describe, expect, test } from 'vitest';

const batch = (currentTerm: number): WriteBatch => ({ hardState: { currentTerm, votedFor: null } });

async function termIn(storage: Storage): Promise<number> {
  return (await storage.load())?.hardState.currentTerm ?? 0;
}

describe('a disk in memory', () => {
  test('the old disk and its storages have no effect on the disk after the crash', async () => {
    const disk = new MemoryDisk();
    const old = disk.open();
    await old.write(batch(1));
    const after = disk.crash();
    await old.write(batch(2));
    expect(await termIn(after.open())).toBe(1);
  });

  test('a storage from before a crash has no effect on a later one', async () => {
    const disk = new MemoryDisk();
    const old = disk.open();
    await old.write(batch(1));
    const next = disk.open();
    await old.write(batch(2));
    expect(await termIn(next)).toBe(1);
  });

  test('can be opened again after its storage was closed', async () => {
    const disk = new MemoryDisk();
    const old = disk.open();
    await old.write(batch(1));
    await old.close();
    expect(await termIn(disk.open())).toBe(1);
  });

  test('reports a write when a crash would keep it, and not before', async () => {
    const disk = new MemoryDisk();
    const found: Promise<number>[] = [];
    const look = (): boolean => found.push(termIn(disk.crash().open())) > 0;
    const storage = disk.open({ beforeDurable: look, onDurable: () => void look() });
    await storage.write(batch(1));
    expect(await Promise.all(found)).toEqual([0, 1]);
  });

  test('a write at which the server crashes never settles, and is not stored', async () => {
    const disk = new MemoryDisk();
    const reported: WriteBatch[] = [];
    const storage = disk.open({ beforeDurable: () => false, onDurable: (each) => reported.push(each) });
    let isSettled = false;
    void Promise.resolve(storage.write(batch(1))).finally(() => (isSettled = true));
    expect(await termIn(disk.crash().open())).toBe(0);
    expect([isSettled, reported]).toEqual([false, []]);
  });
});

test('an observed storage reports a write when its promise is fulfilled, and never one that fails', async () => {
  const reported: string[] = [];
  const settle: { resolve(): void; reject(error: Error): void }[] = [];
  const inner: Storage = {
    load: () => undefined,
    write: () => new Promise((resolve, reject) => settle.push({ resolve, reject })),
    close: () => Promise.resolve(),
  };
  const storage = watched(inner, {
    onDurable: ({ hardState }) => reported.push(`${hardState?.currentTerm}`),
  });
  const writes = [storage.write(batch(1)), storage.write(batch(2))];
  expect(reported).toEqual([]);
  settle[0]?.resolve();
  settle[1]?.reject(new Error('full'));
  await Promise.allSettled(writes.map(async (write) => write));
  expect(reported).toEqual(['1']);
});

describe('a slow disk', () => {
  test('a crash loses writes that are not durable, and keeps acknowledged ones', async () => {
    const clock = new VirtualClock();
    const left = new Set<number>();
    for (let crashAt = 0; crashAt < 40; crashAt += 1) {
      await clock.run(async () => {
        const disk = new MemoryDisk();
        const storage = new DelayingStorage(disk.open(), { clock, random: Random.fromSeed(crashAt) });
        let acknowledged = 0;
        const writes = [1, 2, 3].map((term) => storage.write(batch(term)).then(() => (acknowledged = term)));
        await clock.sleep(crashAt / 4);
        const found = await termIn(disk.crash().open());
        expect(found).toBeGreaterThanOrEqual(acknowledged);
        expect(found - acknowledged).toBeLessThanOrEqual(1);
        left.add(found);
        await Promise.all(writes);
      });
    }
    expect([...left].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  test('a write that fails is a DiskError, and is not stored', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      const disk = new MemoryDisk();
      const habits = () => ({ ...usualDisk, failuresPer10000: 10_000 });
      const storage = new DelayingStorage(disk.open(), { clock, random: Random.fromSeed(1), habits });
      await expect(storage.write(batch(1))).rejects.toBeInstanceOf(DiskError);
      expect(await termIn(disk.crash().open())).toBe(0);
    });
  });

  test('a write that is under way does not fail any more once the disk is one that does not', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      const disk = new MemoryDisk();
      let failuresPer10000 = 10_000;
      const habits = () => ({ ...usualDisk, failuresPer10000 });
      const storage = new DelayingStorage(disk.open(), { clock, random: Random.fromSeed(1), habits });
      const written = storage.write(batch(1));
      failuresPer10000 = 0;
      await written;
      expect(await termIn(disk.crash().open())).toBe(1);
    });
  });
});
