// One peer uses a medium at a time, where the factory can try to open it twice.
import { assert } from '@raftlab/runtime/assert';
import type { Storage } from '../storage.ts';
import { expectState } from './expectations.ts';
import { entries, vote } from './samples.ts';
import type { StorageCase, StorageFactory } from './storage-case.ts';

export const useCases = (factory: StorageFactory): readonly StorageCase[] => {
  const { openAgain } = factory;
  if (openAgain === undefined) return [];
  return [
    {
      title: 'a medium that is in use is not opened a second time, and is free again after close',
      async run() {
        const storage = await factory.create();
        await storage.write({ hardState: vote, log: { firstIndex: 1, entries: entries(1, 2) } });
        const second = await opened(() => openAgain(storage));
        assert(second === undefined, 'expected: an error\nfound:    a second storage on a medium in use');
        await storage.write({ log: { firstIndex: 3, entries: entries(3, 1) } });
        await storage.close();
        const next = await openAgain(storage);
        await expectState(next, { hardState: vote, snapshot: undefined, entries: entries(1, 3) });
      },
    },
  ];
};

/** Undefined when it is refused. */
async function opened(open: () => Storage | Promise<Storage>): Promise<Storage | undefined> {
  try {
    return await open();
  } catch {
    return undefined;
  }
}
