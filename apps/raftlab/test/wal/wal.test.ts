// `raftlab wal`: its report about a directory, and its exit codes. It changes nothing.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandEntry } from '@raftlab/protocol';
import { openWal } from '@raftlab/wal';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runRaftlab, spawnRaftlab } from '../command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftlab-wal-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const segment = 'segment-000000000001.wal';
const snapshot = 'snapshot-000000000002.snap';
let directory: string;
let count = 0;

/** Term 2, a snapshot up to 3, and the entries 4 and 5. */
beforeEach(async () => {
  count += 1;
  directory = join(folder, `server-${count}`);
  const wal = await openWal(directory, {
    cluster: 'orders',
    server: 1,
    start: 'new',
    segmentSizeBytes: 4096,
  });
  const entries = [1, 2, 3, 4, 5].map((value) => new CommandEntry(1, Uint8Array.of(value)));
  await wal.write({ hardState: { currentTerm: 2, votedFor: 1 }, log: { firstIndex: 1, entries } });
  await wal.write({ snapshot: { lastIncludedIndex: 3, lastIncludedTerm: 1, data: new Uint8Array(100) } });
  await wal.close();
});

function flipBit(name: string, offset: number): void {
  const path = join(directory, name);
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function contents(): [string, string][] {
  return readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('base64')]);
}

describe('an undamaged directory', () => {
  test('is described, exits with 0, and is not changed', async () => {
    const before = contents();
    const { code, out, error } = await spawnRaftlab(['wal', 'verify', directory]);
    expect([code, error]).toEqual([0, '']);
    expect(out).toBe(
      [
        `directory ${directory}`,
        'cluster   orders, server 1',
        'segments  1 with 3 records that can be read',
        `          ${directory}/${segment}: 3 records, 1536 bytes, entries up to 5`,
        'state     term 2, vote for server 1',
        `snapshot  ${directory}/${snapshot}: up to 3 of term 1, 112 bytes`,
        'entries   4 to 5',
        'damage    none',
        '',
      ].join('\n'),
    );
    expect(contents()).toEqual(before);
  });

  test('reports that a snapshot was not read', async () => {
    const { code, out } = await runRaftlab(['wal', 'inspect', directory]);
    expect(code).toBe(0);
    expect(out).toContain('The data of the snapshot was not read; raftlab wal verify reads it.');
  });

  test('is a JSON document with --json', async () => {
    const { code, out } = await runRaftlab(['wal', 'inspect', directory, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      directory,
      identity: { cluster: 'orders', server: 1 },
      segments: [{ recordCount: 3, lastEntryIndex: 5 }],
      state: { hardState: { currentTerm: 2, votedFor: 1 }, firstIndex: 4, entryCount: 2 },
    });
  });
});

describe('damage', () => {
  test('in a record is reported with file and offset, and exits with 1', async () => {
    flipBit(segment, 512 + 40);
    const { code, out } = await runRaftlab(['wal', 'inspect', directory]);
    expect(code).toBe(1);
    expect(out).toContain(`first at  ${join(directory, segment)}, offset 512\n`);
  });

  test('in a record is in the JSON document', async () => {
    flipBit(segment, 512 + 40);
    const { code, out } = await runRaftlab(['wal', 'verify', directory, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ damage: { file: join(directory, segment), offset: 512 } });
  });

  test('in the data of a snapshot is detected by verify', async () => {
    flipBit(snapshot, 50);
    expect((await runRaftlab(['wal', 'inspect', directory])).code).toBe(0);
    const { code, out } = await runRaftlab(['wal', 'verify', directory]);
    expect(code).toBe(1);
    expect(out).toContain(join(directory, snapshot));
  });
});

test('an interrupted write and a leftover file are reported, and are not damage', async () => {
  const path = join(directory, segment);
  const bytes = readFileSync(path);
  bytes.fill(0, 1024, 1536);
  bytes[2048] = 0x5a;
  writeFileSync(path, bytes);
  writeFileSync(join(directory, 'spare.tmp'), '');
  const { code, out } = await runRaftlab(['wal', 'inspect', directory]);
  expect(code).toBe(0);
  expect(out).toContain(`torn      1536 bytes at ${path}:1024; the next start removes them\n`);
  expect(out).toContain(`leftover  ${join(directory, 'spare.tmp')}; the next start removes it\n`);
});

describe('a command that cannot be carried out exits with 2 and prints the reason', () => {
  test.each([
    ['a directory that is not there', () => ['wal', 'inspect', join(folder, 'nowhere')], 'ENOENT'],
    ['a file', () => ['wal', 'verify', join(directory, segment)], 'ENOTDIR'],
    ['no directory', () => ['wal', 'inspect'], "missing required argument 'directory'"],
    ['another subcommand', () => ['wal', 'repair', directory], "unknown command 'repair'"],
  ])('%s', async (_title, args, message) => {
    const { code, error } = await runRaftlab(args());
    expect(error).toContain(message);
    expect(code).toBe(2);
  });

  test('a directory without a log', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'notes.txt'), 'garbage');
    const { code, error } = await runRaftlab(['wal', 'verify', empty]);
    expect(error).toContain('has no write-ahead log in it; give the directory of one server.');
    expect(code).toBe(2);
  });
});
