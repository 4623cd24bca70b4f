// Three processes of `raftlab kv serve` for the measurement, and clients on a few connections.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Clerk } from '@raftlab/kv';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { freePorts } from '../kernel/free-ports.mjs';
import { ServerProcess } from '../kernel/server-process.mjs';

const host = '127.0.0.1';
const cluster = 'bench';
const servers = [1, 2, 3];
export const connectionCount = 8;
/** A call under load takes less. */
const attemptTimeoutMs = 10_000;
const program = fileURLToPath(new URL('../../apps/raftlab/dist/main.js', import.meta.url));

/** @param {string} folder @returns {Promise<import('./kv.mjs').Service>} */
export async function startOurs(folder) {
  mkdirSync(folder);
  const ports = await freePorts(servers.length);
  const addresses = new Map(servers.map((server, at) => [server, { host, port: ports[at] ?? 0 }]));
  const processes = await Promise.all(servers.map((server) => start(server, { folder, addresses })));
  const clock = new SystemClock();
  const random = Random.fromSeed('bench');
  const connections = Array.from({ length: connectionCount }, () =>
    connect(addresses, { cluster, clock, random }),
  );
  /** @type {Clerk[]} */
  const clerks = [];
  return {
    pids: processes.map(({ pid = 0 }) => pid),
    client(number) {
      const connection = connections[number % connectionCount];
      if (connection === undefined) throw new RangeError(`there is no client ${number}.`);
      const ends = servers.map((server) => connection.end(server));
      const endOf = (/** @type {number} */ server) => servers.indexOf(server);
      const clerk = (clerks[number] ??= new Clerk(ends, { clock, random, endOf, attemptTimeoutMs }));
      return { put: (key, value) => clerk.put(key, value), get: (key) => clerk.get(key) };
    },
    async stop() {
      for (const connection of connections) connection.close();
      for (const each of processes) each.signal('SIGTERM');
      await Promise.all(processes.map((each) => each.ended));
    },
  };
}

/** Resolves when it takes connections. @param {number} server @param {{ folder: string, addresses: ReadonlyMap<number, { port: number }> }} options */
async function start(server, { folder, addresses }) {
  const peers = [...addresses].map(([id, { port }]) => `${id}=${host}:${port}`).join(',');
  const settings = {
    id: String(server),
    cluster,
    data: join(folder, String(server)),
    listen: `${host}:${addresses.get(server)?.port}`,
    http: `${host}:0`,
    peers,
  };
  const words = Object.entries(settings).flatMap(([name, text]) => [`--${name}`, text]);
  // For a profile: RAFTLAB_BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles".
  const nodeFlags = (process.env['RAFTLAB_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const argv = [...nodeFlags, program, 'kv', 'serve', ...words];
  const log = openSync(join(folder, `${server}.log`), 'w');
  const started = new ServerProcess({ argv, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const line = new Promise((resolve) => started.stdout?.once('data', resolve));
  const how = await Promise.race([line.then(() => undefined), started.ended]);
  if (how !== undefined) throw new Error(`server ${server} of the measurement has ended with ${how}`);
  started.stdout?.resume();
  return started;
}
