// How the key/value service grows: three server processes, and this process as their client. Values from 16 B to 1 MB, stores of 10,000 to
// 1,000,000 keys, writes while snapshots of 100 MB are taken, and the restart of a server with a large store.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyValueMachine } from '@raftlab/kv';
import { startOurs } from './kv-servers.mjs';
import { percentile, row } from './measurement.mjs';
import { usageOf } from './process-usage.mjs';

/** @typedef {{ writes: number[], wallMs: number }} Taken Latencies in ms. */

const lastsMs = 2000;
const warmUpMs = 500;
const tmpfs = 0x01021994;
const valueSizes = [
  { sizeBytes: 16, inFlight: 64 },
  { sizeBytes: 1024, inFlight: 64 },
  { sizeBytes: 65_536, inFlight: 16 },
  { sizeBytes: 1_000_000, inFlight: 4 },
];
/** So that the largest values take 100 MB. */
const keysOfValues = 100;
const keyCounts = [10_000, 100_000, 1_000_000];
const valueSizeBytes = 128;
/** 100 MB in all. */
const largeStore = { keyCount: 100_000, valueSizeBytes: 1000 };
/** A snapshot after each 4 MB of the log: several in the time of the measurement. */
const frequentSnapshots = { 'snapshot-bytes': String(4 * 1024 * 1024) };
const snapshotsLastMs = 10_000;
/** Machines with few cores stall for longer than the default election timeout when a store is restored. */
const patient = { 'election-timeout-ms': '1000' };

/** @type {import('./measurement.mjs').Measurement} */
export const kvGrowth = {
  name: 'kv-growth',
  title: `writes to three server processes by the size of values and stores; synced writes in ${tmpdir()}`,
  async measure() {
    if (statfsSync(tmpdir()).type === tmpfs)
      throw new Error(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk.`);
    const folder = mkdtempSync(join(tmpdir(), 'raftlab-bench-kv-growth-'));
    try {
      return [
        ...(await byValueSize(join(folder, 'values'))),
        ...(await byKeyCount(folder)),
        ...(await underSnapshots(folder)),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** @param {string} folder */
async function byValueSize(folder) {
  const service = await startOurs(folder, { settings: patient });
  try {
    const rows = [];
    for (const { sizeBytes, inFlight } of valueSizes) {
      const load = { keyCount: keysOfValues, sizeBytes, inFlight };
      await write(service, { ...load, lastsMs: warmUpMs });
      const taken = await write(service, { ...load, lastsMs });
      rows.push(...rowsOf(`values of ${sizeBytes.toLocaleString('en')} B, ${inFlight} in flight`, taken));
    }
    return rows;
  } finally {
    await service.stop();
  }
}

/** @param {string} folder */
async function byKeyCount(folder) {
  const rows = [];
  for (const keyCount of keyCounts) {
    const backup = backupOf(join(folder, 'backup'), { keyCount, valueSizeBytes });
    const service = await startOurs(join(folder, String(keyCount)), { settings: patient, backup });
    const what = `${keyCount.toLocaleString('en')} keys`;
    try {
      const load = { keyCount, sizeBytes: valueSizeBytes, inFlight: 64 };
      await write(service, { ...load, lastsMs: warmUpMs });
      rows.push(...rowsOf(`${what}, 64 in flight`, await write(service, { ...load, lastsMs })));
      const sizes = service.pids.map((pid) => usageOf(pid)?.residentBytes ?? NaN);
      rows.push(
        row(
          `kv-growth: ${what}: memory of a server`,
          'MB',
          sizes.map((size) => size / 1e6),
        ),
      );
      rows.push(row(`kv-growth: ${what}: restart of a server`, 's', [(await service.restart(1)) / 1000]));
    } finally {
      await service.stop();
    }
  }
  return rows;
}

/** @param {string} folder */
async function underSnapshots(folder) {
  const { keyCount, valueSizeBytes: sizeBytes } = largeStore;
  const backup = backupOf(join(folder, 'backup'), largeStore);
  const rows = [];
  for (const [what, settings] of /** @type {const} */ ([
    ['without a snapshot', patient],
    ['snapshots all the time', { ...patient, ...frequentSnapshots }],
  ])) {
    const service = await startOurs(join(folder, what), { settings, backup });
    try {
      const load = { keyCount, sizeBytes, inFlight: 16 };
      await write(service, { ...load, lastsMs: warmUpMs });
      const taken = await write(service, { ...load, lastsMs: snapshotsLastMs });
      rows.push(...rowsOf(`a store of 100 MB, ${what}`, taken));
      rows.push(row(`kv-growth: a store of 100 MB, ${what}: longest`, 'ms', [Math.max(...taken.writes)]));
    } finally {
      await service.stop();
    }
  }
  return rows;
}

/** A file as `kv snapshot save` writes it. @param {string} file @param {{ keyCount: number, valueSizeBytes: number }} store */
function backupOf(file, { keyCount, valueSizeBytes: sizeBytes }) {
  const store = new KeyValueMachine();
  for (let number = 0; number < keyCount; number += 1)
    store.apply({ kind: 'put', key: keyOf(number), value: valueOf(sizeBytes) });
  const bytes = store.snapshot();
  const about = {
    format: 'raftlab-kv-snapshot',
    version: 1,
    server: 1,
    index: 1,
    term: 1,
    keyCount,
    sizeBytes: bytes.length,
  };
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), bytes]);
  writeFileSync(file, Buffer.concat([content, createHash('sha256').update(content).digest()]));
  return file;
}

/** @param {number} number */
function keyOf(number) {
  return `key-${String(number).padStart(8, '0')}`;
}

/** @param {number} sizeBytes */
function valueOf(sizeBytes) {
  return 'v'.repeat(sizeBytes);
}

/**
 * @param {import('./kv.mjs').Service} service
 * @param {{ keyCount: number, sizeBytes: number, inFlight: number, lastsMs: number }} load
 * @returns {Promise<Taken>}
 */
async function write(service, { keyCount, sizeBytes, inFlight, lastsMs: forMs }) {
  /** @type {number[]} */
  const writes = [];
  const value = valueOf(sizeBytes);
  const beganAt = performance.now();
  const one = async (/** @type {number} */ number) => {
    const client = service.client(number);
    while (performance.now() < beganAt + forMs) {
      const before = performance.now();
      await client.put(keyOf(Math.floor(Math.random() * keyCount)), value);
      writes.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => one(number)));
  return { writes, wallMs: performance.now() - beganAt };
}

/** @param {string} what @param {Taken} taken */
function rowsOf(what, { writes, wallMs }) {
  return [
    row(`kv-growth: ${what}`, 'writes/s', [(1000 * writes.length) / wallMs]),
    row(`kv-growth: ${what}: p99`, 'ms', [percentile(writes, 99)]),
  ];
}
