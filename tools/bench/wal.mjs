// The write-ahead log on a real disk, compared with a bare loop of pwrite and fdatasync, lmdb and classic-level, alternating in one
// run, so that other load of the disk affects all of them.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandEntry } from '@raftlab/protocol';
import { openWal } from '@raftlab/wal';
import { collectGarbage, elapse, heapUsedBytes, percentile, repeat, row, timed } from './measurement.mjs';
import { peerLibrary } from './peers.mjs';

const recordSizeBytes = 128;
const value = Buffer.alloc(recordSizeBytes, 7);
/** Records per sync, and the number of such writes of each storage in one run. */
const loads = [
  { perSync: 1, writeCount: 300 },
  { perSync: 64, writeCount: 300 },
  { perSync: 1024, writeCount: 100 },
];
/** The number of writes of one storage before the next one's turn. */
const turnCount = 10;
const restartCount = 1_000_000;
const tmpfs = 0x01021994;
const server = /** @type {const} */ ({ cluster: 'bench', server: 0 });

/** @typedef {{ put(count: number): Promise<unknown>, close(): unknown }} Store */

/** @type {import('./measurement.mjs').Measurement} */
export const wal = {
  name: 'wal',
  title: `durable records of ${recordSizeBytes} B on ${tmpdir()}; × is the ratio to the bare loop`,
  async measure() {
    if (fs.statfsSync(tmpdir()).type === tmpfs) {
      throw new Error(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk.`);
    }
    const folder = fs.mkdtempSync(join(tmpdir(), 'raftlab-bench-wal-'));
    try {
      const rows = [];
      for (const load of loads) rows.push(...(await measureLoad(folder, load)));
      return [...rows, ...(await measureRestart(folder))];
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },
};

/** @param {string} folder @param {typeof loads[number]} load */
async function measureLoad(folder, { perSync, writeCount }) {
  const runs = await repeat(() => oneRun(folder, { perSync, writeCount }));
  const names = [...(runs[0]?.keys() ?? [])];
  const of = (/** @type {string} */ name) => runs.map((times) => timesOf(times, name, perSync));
  const what = perSync === 1 ? 'alone: p50' : `${perSync.toLocaleString('en')} per sync`;
  return names.map((name) => {
    const [unit, values] = perSync === 1 ? ['µs', of(name)] : ['records/s', of(name)];
    const ratios = values.map((each, at) => each / (of('bare loop')[at] ?? NaN));
    return { ...row(`${name}: ${what}`, unit, values), ratio: percentile(ratios, 50) };
  });
}

/** The p50 in µs, or the records per second. @param {Map<string, number[]>} times @param {string} name @param {number} perSync */
function timesOf(times, name, perSync) {
  const all = times.get(name) ?? [];
  if (perSync === 1) return percentile(all, 50) * 1000;
  return (1000 * perSync * all.length) / all.reduce((sum, each) => sum + each, 0);
}

/** The duration of each write, in ms, by storage. @param {string} folder @param {typeof loads[number]} load */
async function oneRun(folder, { perSync, writeCount }) {
  const stores = await openAll(fs.mkdtempSync(join(folder, 'run-')));
  /** @type {Map<string, number[]>} */
  const times = new Map([...stores.keys()].map((name) => [name, []]));
  collectGarbage();
  for (let turn = 0; turn < turnCount; turn += 1) {
    for (const [name, store] of stores) {
      for (let write = 0; write < writeCount / turnCount; write += 1) {
        const before = performance.now();
        await store.put(perSync);
        times.get(name)?.push(performance.now() - before);
      }
    }
  }
  for (const store of stores.values()) await store.close();
  return times;
}

/** @param {string} folder @returns {Promise<Map<string, Store>>} */
async function openAll(folder) {
  const stores = new Map([
    ['wal', await openOurs(folder)],
    ['bare loop', openBare(folder)],
  ]);
  const lmdb = peerLibrary('lmdb', '3.5.6');
  if (lmdb !== undefined) stores.set('lmdb', openLmdb(lmdb, folder));
  const level = peerLibrary('classic-level', '3.0.0');
  if (level !== undefined) stores.set('classic-level', await openLevel(level, folder));
  return stores;
}

/** @param {string} folder @returns {Promise<Store>} */
async function openOurs(folder) {
  const storage = await openWal(join(folder, 'wal'), { ...server, start: 'new' });
  await storage.write({ hardState: { currentTerm: 1, votedFor: 0 } });
  let firstIndex = 1;
  return {
    put(count) {
      const written = storage.write({ log: { firstIndex, entries: entriesOf(count, value) } });
      firstIndex += count;
      return written;
    },
    close: () => storage.close(),
  };
}

/** @param {number} count @param {Uint8Array} command */
function entriesOf(count, command) {
  return Array.from({ length: count }, () => new CommandEntry(1, command));
}

/** A bare file that grows. @param {string} folder @returns {Store} */
function openBare(folder) {
  const [write, sync] = [promisify(fs.write), promisify(fs.fdatasync)];
  const file = fs.openSync(join(folder, 'bare'), 'w');
  let position = 0;
  return {
    async put(count) {
      const bytes = Buffer.alloc(count * recordSizeBytes, 7);
      await write(file, bytes, 0, bytes.length, position);
      position += bytes.length;
      await sync(file);
    },
    close: () => fs.closeSync(file),
  };
}

/** Each put is a promise; together they are one transaction, durable when it is flushed. @param {any} lmdb @param {string} folder @returns {Store} */
function openLmdb(lmdb, folder) {
  const database = lmdb.open({ path: join(folder, 'lmdb'), encoding: 'binary', keyEncoding: 'uint32' });
  let index = 1;
  return {
    async put(count) {
      let last;
      for (let at = 0; at < count; at += 1, index += 1) last = database.put(index, value);
      await last;
      await database.flushed;
    },
    close: () => database.close(),
  };
}

/** @param {any} level @param {string} folder @returns {Promise<Store>} */
async function openLevel(level, folder) {
  const database = new level.ClassicLevel(join(folder, 'level'), { valueEncoding: 'view' });
  await database.open();
  let index = 1;
  return {
    put(count) {
      const operations = Array.from({ length: count }, () => {
        index += 1;
        return { type: 'put', key: String(index).padStart(12, '0'), value };
      });
      return database.batch(operations, { sync: true });
    },
    close: () => database.close(),
  };
}

/** @param {string} folder */
async function measureRestart(folder) {
  const directory = join(folder, 'restart');
  const writer = await openWal(directory, { ...server, start: 'new' });
  await writer.write({ hardState: { currentTerm: 1, votedFor: 0 } });
  const perWrite = 64;
  const command = new Uint8Array(16);
  for (let firstIndex = 1; firstIndex <= restartCount; firstIndex += perWrite) {
    await writer.write({ log: { firstIndex, entries: entriesOf(perWrite, command) } });
  }
  await writer.close();
  const runs = await repeat(async () => {
    const heapBefore = heapUsedBytes();
    /** @type {import('@raftlab/wal').Wal | undefined} */
    let storage;
    const { wallMs } = await timed(async () => {
      storage = await openWal(directory, { ...server, start: 'existing' });
      await storage.load();
    });
    await elapse(10); // until the loaded state is unreachable
    const keptBytes = heapUsedBytes() - heapBefore;
    await storage?.close();
    return { wallMs, keptBytes };
  });
  const what = `${restartCount.toLocaleString('en')} entries of 16 B, written ${perWrite} at a time`;
  return [
    row(
      `wal: restart with ${what}`,
      'ms',
      runs.map(({ wallMs }) => wallMs),
    ),
    row(
      'wal: memory that it keeps after that, without the entries',
      'MB',
      runs.map(({ keptBytes }) => keptBytes / 1e6),
    ),
  ];
}
