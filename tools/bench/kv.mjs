// The key/value service: three server processes, and this process as their only client. Beside it, where an etcd is installed, the same load
// on three members of it, by turns in the same run: what else the machine does falls on both.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectGarbage, percentile, repeat, row } from './measurement.mjs';
import { startEtcd } from './kv-etcd.mjs';
import { startOurs } from './kv-servers.mjs';
import { usageOf } from './process-usage.mjs';

const valueSizeBytes = 128;
const keyCount = 10_000;
const loads = [1, 64, 256, 1024];
const mixes = [
  { name: 'writes', readShare: 0 },
  { name: 'linearizable reads', readShare: 1 },
  { name: '90 % reads', readShare: 0.9 },
];
/** How long one load lasts in one run, in ms. */
const lastsMs = 1200;
/** Before it, so that connections are open, in ms. */
const warmUpMs = 300;
/** Few, so that the fill takes thousands of turns: only then has V8 compiled all of what a turn needs. */
const fillInFlight = 2;
const tmpfs = 0x01021994;
const value = 'v'.repeat(valueSizeBytes);

/**
 * @typedef {object} Service
 * @property {readonly number[]} pids Of the servers.
 * @property {(client: number) => { put(key: string, value: string): Promise<unknown>, get(key: string): Promise<unknown> }} client One
 *   of as many clients as operations are in flight.
 * @property {(load: Load) => Promise<Omit<Taken, 'serverCpu'>>} [run] Does a load with a program of its own, in place of `client`.
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ readShare: number, inFlight: number, lastsMs: number, keyCount: number, valueSizeBytes: number }} Load */

/**
 * @typedef {object} Taken CPU in µs for each operation.
 * @property {number} count Of operations.
 * @property {number} perSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} serverCpu
 * @property {number} clientCpu
 */

/** @type {import('./measurement.mjs').Measurement} */
export const kv = {
  name: 'kv',
  title: `three server processes, values of ${valueSizeBytes} B, ${keyCount.toLocaleString('en')} keys, synced writes in ${tmpdir()}`,
  async measure() {
    if (statfsSync(tmpdir()).type === tmpfs)
      throw new Error(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk.`);
    const folder = mkdtempSync(join(tmpdir(), 'raftlab-bench-kv-'));
    /** @type {Map<string, Service>} */
    const services = new Map();
    try {
      services.set('raftlab', await startOurs(join(folder, 'raftlab')));
      const etcd = await startEtcd(join(folder, 'etcd'));
      if (etcd !== undefined) services.set('etcd', etcd);
      for (const service of services.values()) await fill(service);
      const rows = [];
      for (const mix of mixes) {
        for (const inFlight of loads) rows.push(...(await measureLoad(services, { ...mix, inFlight })));
      }
      for (const [name, { pids }] of services) {
        const sizes = pids.map((pid) => usageOf(pid)?.residentBytes ?? NaN);
        rows.push(
          row(
            `kv: memory of a server${name === 'raftlab' ? '' : ` of ${name}`}`,
            'MB',
            sizes.map((size) => size / 1e6),
          ),
        );
      }
      return rows;
    } finally {
      for (const service of services.values()) await service.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** @param {Service} service */
async function fill(service) {
  let next = 0;
  const one = async (/** @type {number} */ client) => {
    const caller = service.client(client);
    for (; next < keyCount;) {
      const key = keyOf(next);
      next += 1;
      await caller.put(key, value);
    }
  };
  await Promise.all(Array.from({ length: fillInFlight }, (_, client) => one(client)));
}

/** @param {number} number */
function keyOf(number) {
  return `key-${String(number).padStart(8, '0')}`;
}

/** @param {ReadonlyMap<string, Service>} services @param {{ name: string, readShare: number, inFlight: number }} load */
async function measureLoad(services, { name, readShare, inFlight }) {
  const runs = await repeat(async () => {
    /** @type {Map<string, Taken>} */
    const taken = new Map();
    for (const [service, each] of services) taken.set(service, await oneRun(each, { readShare, inFlight }));
    return taken;
  });
  const what = `${name}, ${inFlight === 1 ? 'alone' : `${inFlight.toLocaleString('en')} in flight`}`;
  /** @param {string} service @param {keyof Taken} field */
  const of = (service, field) => runs.map((taken) => taken.get(service)?.[field] ?? NaN);
  /** @type {import('./measurement.mjs').Row[]} */
  const rows = [];
  for (const service of services.keys()) {
    const whose = service === 'raftlab' ? 'kv' : `kv: ${service}`;
    rows.push(
      row(`${whose}: ${what}`, 'operations/s', of(service, 'perSecond')),
      row(`${whose}: ${what}: p50`, 'ms', of(service, 'p50Ms')),
      row(`${whose}: ${what}: p99`, 'ms', of(service, 'p99Ms')),
      row(`${whose}: ${what}: CPU of the servers`, 'µs', of(service, 'serverCpu')),
      row(`${whose}: ${what}: CPU of the client`, 'µs', of(service, 'clientCpu')),
    );
  }
  if (services.has('etcd')) {
    const theirs = of('etcd', 'perSecond');
    const ratios = of('raftlab', 'perSecond').map((ours, run) => ours / (theirs[run] ?? NaN));
    rows.push(row(`kv: ${what}: ratio to etcd`, '×', ratios));
  }
  return rows;
}

/** @param {Service} service @param {{ readShare: number, inFlight: number }} load @returns {Promise<Taken>} */
async function oneRun(service, { readShare, inFlight }) {
  collectGarbage();
  const load = { readShare, inFlight, lastsMs, keyCount, valueSizeBytes };
  if (service.run === undefined)
    await Promise.all(workers({ service, readShare, inFlight, endsAt: performance.now() + warmUpMs }));
  const before = cpuOf(service);
  const taken = await (service.run?.(load) ?? runHere(service, load));
  return { ...taken, serverCpu: (1000 * (cpuOf(service) - before)) / taken.count };
}

/** Does a load from this process. @param {Service} service @param {Load} load */
async function runHere(service, { readShare, inFlight }) {
  /** @type {number[]} */
  const latencies = [];
  const before = process.cpuUsage();
  const beganAt = performance.now();
  await Promise.all(workers({ service, readShare, inFlight, endsAt: beganAt + lastsMs, latencies }));
  const wallMs = performance.now() - beganAt;
  const { user, system } = process.cpuUsage(before);
  return {
    count: latencies.length,
    perSecond: (1000 * latencies.length) / wallMs,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
    clientCpu: (user + system) / latencies.length,
  };
}

/** @param {Service} service In ms. */
function cpuOf({ pids }) {
  return pids.reduce((sum, pid) => sum + (usageOf(pid)?.cpuMs ?? NaN), 0);
}

/** @param {{ service: Service, readShare: number, inFlight: number, endsAt: number, latencies?: number[] }} load */
function workers({ service, readShare, inFlight, endsAt, latencies }) {
  return Array.from({ length: inFlight }, async (_, number) => {
    const client = service.client(number);
    while (performance.now() < endsAt) {
      const key = keyOf(Math.floor(Math.random() * keyCount));
      const before = performance.now();
      await (Math.random() < readShare ? client.get(key) : client.put(key, value));
      latencies?.push(performance.now() - before);
    }
  });
}
