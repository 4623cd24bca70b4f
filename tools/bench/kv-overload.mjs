// The key/value service under more load than it can bear: 1,000 connections, each with 16 calls in flight at all times.
// What is accepted must be answered in a bounded time, the rest refused at once, memory bounded, and the service as quick as before
// when the load ends.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeMethod, openSessionMethod, readMethod, statusMethod } from '@raftlab/kv';
import { startOurs } from './kv-servers.mjs';
import { elapse, percentile, row } from './measurement.mjs';
import { usageOf } from './process-usage.mjs';

const connectionCount = 1000;
/** Each has a session of its own: the servers keep 4,096 sessions. */
const writersPerConnection = 4;
const readersPerConnection = 12;
const bearableInFlight = 256;
const seconds = Number(process.env['RAFTLAB_BENCH_OVERLOAD_SECONDS'] ?? 10);
const usualSeconds = 3;
const warmUpMs = 1000;
const lookEveryMs = 200;
/** A call that was refused is repeated after this time: all of them together are several times what the service bears. */
const retryMs = 100;
const callDeadlineMs = 30_000;
const keyCount = 10_000;
const valueSizeBytes = 128;
const tmpfs = 0x01021994;
const value = 'v'.repeat(valueSizeBytes);

/** @typedef {{ accepted: number[], refusals: Map<string, number>, wallMs: number }} Taken Latencies in ms of what was accepted. */
/** @typedef {import('@raftlab/tcp').TcpClientEnd} End */

/** @type {import('./measurement.mjs').Measurement} */
export const kvOverload = {
  name: 'kv-overload',
  title: `${connectionCount.toLocaleString('en')} connections with 16 calls each, repeated until they are accepted, for ${seconds} s, to three server processes`,
  async measure() {
    if (statfsSync(tmpdir()).type === tmpfs)
      throw new Error(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk.`);
    const folder = mkdtempSync(join(tmpdir(), 'raftlab-bench-kv-overload-'));
    const service = await startOurs(folder, { settings: { 'election-timeout-ms': '1000' } });
    try {
      await usualLoad(service, warmUpMs);
      const before = await usualLoad(service);
      const watch = watchMemory(service);
      const during = await overload(service);
      const peakBytes = await watch.stop();
      const firstAfter = await usualLoad(service, 1000);
      const after = await usualLoad(service);
      const refusals = [...during.refusals].map(([reason, count]) =>
        row(`kv-overload: refused as ${reason}`, 'calls/s', [(1000 * count) / during.wallMs]),
      );
      return [
        ...rowsOf('before', before),
        ...rowsOf('overload, accepted', during),
        ...refusals,
        row('kv-overload: largest memory of a server', 'MB', [peakBytes / 1e6]),
        ...rowsOf('the first second afterwards', firstAfter),
        ...rowsOf('afterwards', after),
      ];
    } finally {
      await service.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** @param {string} what @param {Taken} taken */
function rowsOf(what, { accepted, wallMs }) {
  return [
    row(`kv-overload: ${what}`, 'calls/s', [(1000 * accepted.length) / wallMs]),
    row(`kv-overload: ${what}: p50`, 'ms', [percentile(accepted, 50)]),
    row(`kv-overload: ${what}: p99`, 'ms', [percentile(accepted, 99)]),
  ];
}

/** Writes, as many as the service bears easily. @param {import('./kv.mjs').Service} service @returns {Promise<Taken>} */
async function usualLoad(service, lastsMs = 1000 * usualSeconds) {
  /** @type {number[]} */
  const accepted = [];
  const beganAt = performance.now();
  const one = async (/** @type {number} */ number) => {
    const client = service.client(number);
    while (performance.now() < beganAt + lastsMs) {
      const before = performance.now();
      await client.put(anyKey(), value);
      accepted.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: bearableInFlight }, (_, number) => one(number)));
  return { accepted, refusals: new Map(), wallMs: performance.now() - beganAt };
}

/** @param {Awaited<ReturnType<typeof startOurs>>} service @returns {Promise<Taken>} */
async function overload(service) {
  /** @type {Taken} */
  const taken = { accepted: [], refusals: new Map(), wallMs: 0 };
  const connections = await service.connectAll(connectionCount);
  for (const end of connections.ends) await end.call(statusMethod, null, { deadlineMs: callDeadlineMs });
  const beganAt = performance.now();
  const isOver = () => performance.now() > beganAt + 1000 * seconds;
  /** @param {() => Promise<import('@raftlab/tcp').TcpCallResult<import('@raftlab/kv').Reply<unknown>>>} call */
  const attempt = async (call) => {
    const before = performance.now();
    const result = await call();
    if (result.ok && result.reply.ok) {
      taken.accepted.push(performance.now() - before);
      return result.reply;
    }
    const reason = result.ok ? (result.reply.ok ? '' : result.reply.refusal) : result.reason;
    taken.refusals.set(reason, (taken.refusals.get(reason) ?? 0) + 1);
    await elapse(retryMs);
    return undefined;
  };
  const options = { deadlineMs: callDeadlineMs };
  const writer = async (/** @type {End} */ end) => {
    /** @type {unknown} */
    let session;
    while (session === undefined && !isOver())
      session = (await attempt(() => end.call(openSessionMethod, null, options)))?.value;
    for (let sequence = 1; !isOver(); sequence += 1) {
      const command = /** @type {const} */ ({ kind: 'put', key: anyKey(), value });
      await attempt(() => end.call(executeMethod, { session: Number(session), sequence, command }, options));
    }
  };
  const reader = async (/** @type {End} */ end) => {
    while (!isOver()) {
      const query = /** @type {const} */ ({ kind: 'get', key: anyKey() });
      await attempt(() => end.call(readMethod, { query, level: 'linearizable' }, options));
    }
  };
  await Promise.all(
    connections.ends.flatMap((end) => [
      ...Array.from({ length: writersPerConnection }, () => writer(end)),
      ...Array.from({ length: readersPerConnection }, () => reader(end)),
    ]),
  );
  taken.wallMs = performance.now() - beganAt;
  connections.close();
  return taken;
}

function anyKey() {
  return `key-${String(Math.floor(Math.random() * keyCount)).padStart(8, '0')}`;
}

/** The largest resident memory of any server until `stop`. @param {import('./kv.mjs').Service} service */
function watchMemory({ pids }) {
  let peakBytes = 0;
  const watch = { isOver: false };
  const watching = (async () => {
    while (!watch.isOver) {
      for (const pid of pids) peakBytes = Math.max(peakBytes, usageOf(pid)?.residentBytes ?? 0);
      await elapse(lookEveryMs);
    }
  })();
  return {
    async stop() {
      watch.isOver = true;
      await watching;
      return peakBytes;
    },
  };
}
