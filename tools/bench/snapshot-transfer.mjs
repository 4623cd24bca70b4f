// A snapshot for a server that has nothing, in real time, between processes over wal and tcp: how long it takes, what is sent, whether
// the leader stays, and what it costs in memory beside the bytes of the snapshot themselves.
import { randomFillSync } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { openWal } from '@raftlab/wal';
import { freePorts } from '../kernel/free-ports.mjs';
import { ServerProcess } from '../kernel/server-process.mjs';
import { elapse, row } from './measurement.mjs';
import { usageOf } from './process-usage.mjs';
import { cluster } from './snapshot-server.mjs';

const megabyte = 1_000_000;
const lastIncludedIndex = 1000;
const program = fileURLToPath(new URL('snapshot-server.mjs', import.meta.url));
/** What takes longer has failed. */
const patienceMs = 300_000;
/** How often the memory of the processes is looked at. */
const lookEveryMs = 20;
/** The leader is watched for this long after the snapshot has arrived. */
const afterwardsMs = 2000;

/** @type {ReadonlyArray<{ serverCount: number, sizeBytes: number }>} */
const cases = [
  { serverCount: 2, sizeBytes: 1000 * megabyte },
  { serverCount: 3, sizeBytes: 500 * megabyte },
];

/** @type {import('./measurement.mjs').Measurement} */
export const snapshotTransfer = {
  name: 'snapshot-transfer',
  title:
    'a snapshot for an empty server, between processes; memory is what is resident beside one copy of the snapshot',
  async measure() {
    const rows = [];
    for (const each of cases) rows.push(...(await rowsOf(each)));
    return rows;
  },
};

/** @param {(typeof cases)[number]} options */
async function rowsOf({ serverCount, sizeBytes }) {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-snapshot-'));
  try {
    const data = randomFillSync(new Uint8Array(sizeBytes));
    const bareMs = timeOfBareWrite(join(folder, 'bare'), data);
    const directories = Array.from({ length: serverCount }, (_, server) => join(folder, String(server)));
    // All but the last one have the snapshot.
    for (const [server, directory] of directories.slice(0, -1).entries())
      await prepare({ directory, server, data });
    const taken = await deliver(directories, { sizeBytes, checksum: crc32(data) });
    const what = `${sizeBytes / megabyte} MB, ${serverCount} processes`;
    return [
      row(`${what}: time`, 's', [taken.ms / 1000]),
      row(`${what}: a bare loop of write and fdatasync`, 's', [bareMs / 1000]),
      row(`${what}: bytes sent / needed`, '', [taken.sentBytes / sizeBytes]),
      row(`${what}: leader changes`, '', [taken.leaderChanges]),
      row(`${what}: commands committed meanwhile`, '', [taken.committed]),
      row(`${what}: slowest commit`, 'ms', [taken.slowestMs]),
      row(`${what}: leader, memory at most`, 'MB', [taken.leaderBytes / megabyte]),
      row(`${what}: receiver, memory at most`, 'MB', [taken.receiverBytes / megabyte]),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same bytes on the same disk, as the log writes them. @param {string} path @param {Uint8Array} data */
function timeOfBareWrite(path, data) {
  const pieceSizeBytes = 1024 * 1024;
  const file = openSync(path, 'w');
  const before = performance.now();
  for (let at = 0; at < data.length; at += pieceSizeBytes) {
    writeSync(file, data, at, Math.min(pieceSizeBytes, data.length - at));
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return performance.now() - before;
}

/** @param {{ directory: string, server: number, data: Uint8Array }} options */
async function prepare({ directory, server, data }) {
  const wal = await openWal(directory, { cluster, server, start: 'new' });
  await wal.write({ hardState: { currentTerm: 1, votedFor: null } });
  await wal.write({ snapshot: { lastIncludedIndex, lastIncludedTerm: 1, data } });
  await wal.close();
}

/** A process that answers questions. */
class Server {
  #process;
  baseBytes = 0;
  /** The most that was seen. */
  residentBytes = 0;
  /** @type {(answer: unknown) => void} */
  #onAnswer = () => undefined;

  /** @param {number} me @param {string} directory @param {readonly number[]} ports */
  constructor(me, directory, ports) {
    const argv = [program, String(me), directory, ...ports.map(String)];
    this.#process = new ServerProcess({ argv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.onMessage((answer) => this.#onAnswer(answer));
  }

  /** @param {string} [question] @returns {Promise<any>} */
  ask(question) {
    const answer = new Promise((resolve) => (this.#onAnswer = resolve));
    if (question !== undefined) this.#process.send(question);
    const ended = this.#process.ended.then((how) => {
      throw new Error(`a server of the measurement has ended with ${how}`);
    });
    return Promise.race([answer, ended]);
  }

  look() {
    const { residentBytes = 0 } = usageOf(this.#process.pid ?? 0) ?? {};
    this.residentBytes = Math.max(this.residentBytes, residentBytes);
    return residentBytes;
  }

  async kill() {
    await this.#process.kill();
  }
}

/** @param {readonly string[]} directories @param {{ sizeBytes: number, checksum: number }} snapshot */
async function deliver(directories, { sizeBytes, checksum }) {
  const ports = await freePorts(directories.length);
  /** @type {Server[]} */
  const servers = [];
  try {
    for (const [server, directory] of directories.entries()) {
      const started = new Server(server, directory, ports);
      servers.push(started);
      await started.ask();
      started.baseBytes = started.residentBytes = 0;
      started.baseBytes = started.look();
    }
    const leader = await leaderOf(servers);
    const receiver = servers.at(-1);
    if (receiver === undefined) throw new Error('a cluster has servers');
    const first = await leader.ask('report');
    const isDelivered = (/** @type {any} */ report) => report.deliveredAt > 0;
    const last = await watch(leader, { servers, until: isDelivered });
    await watch(leader, { servers, until: () => Date.now() > last.deliveredAt + afterwardsMs });
    const report = await leader.ask('report');
    if ((await receiver.ask('checksum')) !== checksum)
      throw new Error('the snapshot has arrived with other bytes');
    return {
      ms: last.deliveredAt - last.firstChunkAt,
      sentBytes: report.sentBytes,
      leaderChanges: report.leaderCount - 1 + (report.term - first.term) + (report.isLeader ? 0 : 1),
      committed: last.committed - first.committed,
      slowestMs: report.slowestMs,
      leaderBytes: leader.residentBytes - leader.baseBytes,
      receiverBytes: receiver.residentBytes - receiver.baseBytes - sizeBytes,
    };
  } finally {
    for (const server of servers) await server.kill();
  }
}

/** @param {readonly Server[]} servers */
async function leaderOf(servers) {
  const endsAt = Date.now() + patienceMs;
  while (Date.now() < endsAt) {
    for (const server of servers) if ((await server.ask('report')).isLeader) return server;
    await elapse(lookEveryMs);
  }
  throw new Error('the servers of the measurement have elected no leader');
}

/** @param {Server} leader @param {{ servers: readonly Server[], until: (report: any) => boolean }} options */
async function watch(leader, { servers, until }) {
  const endsAt = Date.now() + patienceMs;
  while (Date.now() < endsAt) {
    for (const server of servers) server.look();
    const report = await leader.ask('report');
    if (until(report)) return report;
    await elapse(lookEveryMs);
  }
  throw new Error(`the snapshot has not arrived within ${patienceMs} ms`);
}
