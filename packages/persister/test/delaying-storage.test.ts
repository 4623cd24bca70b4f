// The slow, forgetful disk is a Storage like any other; a crash leaves what had become durable.
import { Persister } from '@raftlab/persister';
import type { Storage } from '@raftlab/storage';
import { storageCompliance } from '@raftlab/storage/compliance';
import { Random, VirtualClock } from '@raftlab/runtime';
import { DelayingStorage } from '#src/delaying-storage';
import { describe, expect, test } from 'vitest';

const batch = (currentTerm: number) => ({ hardState: { currentTerm, votedFor: null } });

describe('the delaying storage', () => {
  for (const suite of storageCompliance) {
    test(suite.title, () => {
      const clock = new VirtualClock();
      const persisters = new Map<Storage, Persister>();
      const create = (persister: Persister): Storage => {
        const storage = new DelayingStorage(
          persister,
          { clock, random: Random.fromSeed(1) },
          { onDurable: () => undefined },
        );
        persisters.set(storage, persister);
        return storage;
      };
      const crash = (storage: Storage): Storage =>
        create((persisters.get(storage) ?? new Persister()).copy());
      return clock.run(() => suite.run({ create: () => create(new Persister()), crash }));
    });
  }

  test('what is not yet durable is forgotten in a crash; what was durable before its acknowledgement is not', async () => {
    const clock = new VirtualClock();
    const kept = new Set<number>();
    for (let crashAt = 0; crashAt < 40; crashAt += 1) {
      await clock.run(async () => {
        const persister = new Persister();
        const disk = new DelayingStorage(
          persister,
          { clock, random: Random.fromSeed(crashAt) },
          { onDurable: () => undefined },
        );
        let acknowledged = 0;
        const writes = [1, 2, 3].map((term) => disk.write(batch(term)).then(() => (acknowledged = term)));
        await clock.sleep(crashAt / 4);
        const found = persister.copy().load()?.hardState.currentTerm ?? 0;
        expect(found).toBeGreaterThanOrEqual(acknowledged);
        expect(found - acknowledged).toBeLessThanOrEqual(1);
        kept.add(found);
        await Promise.all(writes);
      });
    }
    expect([...kept].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });
});
