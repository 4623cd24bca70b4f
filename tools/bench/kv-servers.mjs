// Three processes of `raftlab kv serve` for the measurement, and clients on a few connections.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Clerk, statusMethod } from '@raftlab/kv';
import { serverNodeFlags } from '@raftlab/kv-server';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { freePorts } from '../kernel/free-ports.mjs';
import { ServerProcess } from '../kernel/server-process.mjs';

const host = '127.0.0.1';
const cluster = 'bench';
const servers = [1, 2, 3];
/** To each server, of all clients together. With two the servers read and write fewer small pieces than with eight; a program has one. */
const connectionCount = 2;
/** A call under load takes less. */
const attemptTimeoutMs = 10_000;
const program = fileURLToPath(new URL('../../apps/raftlab/dist/main.js', import.meta.url));

/**
 * @typedef {object} Extras
 * @property {(server: number) => Promise<number>} restart Kills a server, and resolves to the ms until it takes connections again.
 * @property {(count: number) => Promise<{ ends: import('@raftlab/tcp').TcpClientEnd[], close(): void }>} connectAll So many
 *   connections of their own to the leader.
 */

/**
 * @typedef {object} Setup
 * @property {Readonly<Record<string, string>>} [settings] Flags of every server.
 * @property {string} [backup] A file that the servers are restored from before they start.
 */

/**
 * @param {string} folder
 * @param {Setup} [setup]
 * @returns {Promise<import('./kv.mjs').Service & Extras>}
 */
export async function startOurs(folder, { settings = {}, backup } = {}) {
  mkdirSync(folder, { recursive: true });
  const ports = await freePorts(servers.length);
  const addresses = new Map(servers.map((server, at) => [server, { host, port: ports[at] ?? 0 }]));
  if (backup !== undefined) for (const server of servers) restore(server, { folder, backup });
  const started = (/** @type {number} */ server) => start(server, { folder, addresses, settings });
  const processes = await Promise.all(servers.map(started));
  const clock = new SystemClock();
  const random = Random.fromSeed('bench');
  const connections = Array.from({ length: connectionCount }, () =>
    connect(addresses, { cluster, clock, random }),
  );
  /** @type {Clerk[]} */
  const clerks = [];
  return {
    get pids() {
      return processes.map(({ pid = 0 }) => pid);
    },
    async restart(server) {
      const at = servers.indexOf(server);
      await processes[at]?.kill();
      const before = performance.now();
      processes[at] = await started(server);
      return performance.now() - before;
    },
    client(number) {
      const connection = connections[number % connectionCount];
      if (connection === undefined) throw new RangeError(`there is no client ${number}.`);
      const ends = servers.map((server) => connection.end(server));
      const endOf = (/** @type {number} */ server) => servers.indexOf(server);
      const clerk = (clerks[number] ??= new Clerk(ends, { clock, random, endOf, attemptTimeoutMs }));
      return { put: (key, value) => clerk.put(key, value), get: (key) => clerk.get(key) };
    },
    async connectAll(count) {
      const leader = await leaderOf(connections[0], servers);
      const all = Array.from({ length: count }, () => connect(addresses, { cluster, clock, random }));
      return {
        ends: all.map((connection) => connection.end(leader)),
        close: () => all.forEach((connection) => connection.close()),
      };
    },
    async stop() {
      for (const connection of connections) connection.close();
      for (const each of processes) each.signal('SIGTERM');
      await Promise.all(processes.map((each) => each.ended));
    },
  };
}

/** @param {import('@raftlab/tcp').TcpClient | undefined} connection @param {readonly number[]} ids */
async function leaderOf(connection, ids) {
  for (const server of ids) {
    const status = await connection?.end(server).call(statusMethod, null);
    if (status?.ok === true && status.reply.leaderId !== null) return status.reply.leaderId;
  }
  throw new Error('no server of the measurement knows a leader');
}

/** Makes the data directory of a server. @param {number} server @param {{ folder: string, backup: string }} options */
function restore(server, { folder, backup }) {
  const where = ['--data', join(folder, String(server)), '--id', String(server), '--cluster', cluster];
  execFileSync(process.execPath, [program, 'kv', 'snapshot', 'restore', backup, ...where], {
    stdio: 'ignore',
  });
}

/**
 * Resolves when it takes connections.
 * @param {number} server
 * @param {{ folder: string, addresses: ReadonlyMap<number, { port: number }>, settings: Readonly<Record<string, string>> }} options
 */
async function start(server, { folder, addresses, settings }) {
  const peers = [...addresses].map(([id, { port }]) => `${id}=${host}:${port}`).join(',');
  const flags = {
    id: String(server),
    cluster,
    data: join(folder, String(server)),
    listen: `${host}:${addresses.get(server)?.port}`,
    http: `${host}:0`,
    peers,
    ...settings,
  };
  const words = Object.entries(flags).flatMap(([name, text]) => [`--${name}`, text]);
  // For a profile: RAFTLAB_BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles".
  const nodeFlags = (process.env['RAFTLAB_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const argv = [...serverNodeFlags, ...nodeFlags, program, 'kv', 'serve', ...words];
  const log = openSync(join(folder, `${server}.log`), 'w');
  const started = new ServerProcess({ argv, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const line = new Promise((resolve) => started.stdout?.once('data', resolve));
  const how = await Promise.race([line.then(() => undefined), started.ended]);
  if (how !== undefined) throw new Error(`server ${server} of the measurement has ended with ${how}`);
  started.stdout?.resume();
  return started;
}
