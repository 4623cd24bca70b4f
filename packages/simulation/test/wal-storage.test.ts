// Runs whose servers store their state in a write-ahead log on simulated files.
import { allInvariants, type Invariant } from '@raftlab/invariants';
import { formatRecordedRun, parseRecordedRun, recordRun, replayOptions, simulate } from '@raftlab/simulation';
import { openWal, type FileSystem } from '@raftlab/wal';
import type { WalDiskOptions } from '@raftlab/wal/simulated';
import { expect, test } from 'vitest';

const overrides = { storage: 'wal', faultPhaseMs: 4000 } as const;

test('our Raft on a write-ahead log passes five runs', async () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { violation, mix } = await simulate({ seed, overrides });
    expect(mix.storage).toBe('wal');
    expect(violation, `seed ${seed}`).toBeUndefined();
  }
});

test('a snapshot of several chunks is stored ahead before it is installed', async () => {
  let installedCount = 0;
  const counter: Invariant = {
    name: 'counter',
    statement: 'counts the snapshots that were stored ahead',
    source: 'this test',
    onStep({ input, outputs }) {
      if (input.kind === 'staged' && outputs.persist?.batch.snapshot !== undefined) installedCount += 1;
    },
  };
  const { violation } = await simulate({
    seed: 1,
    overrides: { storage: 'wal', conditions: ['sizes'] },
    invariants: [...allInvariants(), counter],
  });
  expect(violation).toBeUndefined();
  expect(installedCount).toBeGreaterThan(0);
});

test('the same seed has the same events, and a recorded run names its storage', async () => {
  const first = await simulate({ seed: 5, overrides });
  expect((await simulate({ seed: 5, overrides })).traceHash).toBe(first.traceHash);
  const recorded = parseRecordedRun(formatRecordedRun(recordRun(first, overrides)));
  expect(replayOptions(recorded).overrides?.storage).toBe('wal');
});

/** Logs on files whose writes are never made durable. */
const withoutSync: NonNullable<WalDiskOptions['open']> = (directory, options) => {
  const { fileSystem } = options;
  if (fileSystem === undefined) throw new TypeError('a simulated log has a file system');
  const hasty: FileSystem = {
    makeDirectory: (path) => fileSystem.makeDirectory(path),
    list: (path) => fileSystem.list(path),
    // The simulated files can be written in any mode, and durably in one of them only.
    open: (path, mode) => fileSystem.open(path, mode === 'durable' ? 'read' : mode),
    rename: (from, to) => fileSystem.rename(from, to),
    remove: (path) => fileSystem.remove(path),
    syncDirectory: (path) => fileSystem.syncDirectory(path),
    lock: (path) => fileSystem.lock(path),
  };
  return openWal(directory, { ...options, fileSystem: hasty });
};

test('a log that is not synced is noticed: a server finds its log damaged', async () => {
  const found: string[] = [];
  for (let seed = 1; seed <= 6; seed += 1) {
    const { violation } = await simulate({ seed, overrides, openLog: withoutSync });
    if (violation !== undefined) found.push(violation.message);
  }
  // A log that has lost records without damage shows as a term or an entry that is gone.
  expect(found).toContainEqual(expect.stringContaining('storage could not be read'));
});
