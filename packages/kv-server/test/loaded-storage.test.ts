// The storage below the peer of a server: it was loaded before, and otherwise passes everything on.
import { expect, test } from 'vitest';
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';
import { LoadedStorage } from '#src/loaded-storage';

test('it loads what was read, and a write and a snapshot last as long as those of the storage', async () => {
  const state: StoredState = {
    hardState: { currentTerm: 1, votedFor: null },
    snapshot: undefined,
    entries: [],
  };
  const asked: unknown[] = [];
  let finish: () => void = () => undefined;
  const waits = (what: unknown): Promise<void> => {
    asked.push(what);
    return new Promise((resolve) => (finish = resolve));
  };
  const inner: Storage = {
    load: () => undefined,
    write: (batch) => waits(batch),
    stage: (data) => waits(data),
    close: () => waits('close'),
  };
  const storage = new LoadedStorage(inner, state);
  expect(storage.load()).toBe(state);
  const batch: WriteBatch = { hardState: { currentTerm: 2, votedFor: 0 } };
  const data = Uint8Array.of(1);
  for (const [what, begin] of [
    [batch, () => storage.write(batch)],
    [data, () => storage.stage(data)],
    ['close', () => storage.close()],
  ] as const) {
    let isOver = false;
    const done = Promise.resolve(begin()).then(() => (isOver = true));
    await Promise.resolve();
    await Promise.resolve();
    expect([asked.at(-1), isOver]).toEqual([what, false]);
    finish();
    await done;
  }
});
