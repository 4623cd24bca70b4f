// Three members of etcd for comparison, where an `etcd` is installed, and clients of its leader: those of `etcd-load`, a program in Go, where
// it was built (tools/README.md), else over grpc-js, whose clients use more CPU than the servers. For grpc-js the messages are encoded here:
// they are a few fields of protobuf, and a library for them would only cost the client time.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../kernel/free-ports.mjs';
import { elapse } from './measurement.mjs';
import { peerLibrary } from './peers.mjs';
import { grpcVersion } from './tcp-echo.mjs';

const host = '127.0.0.1';
const names = ['m1', 'm2', 'm3'];
const electionMaxMs = 20_000;
/** One HTTP/2 connection does not carry all that a member can do. */
const connectionCount = 8;
/** The program `etcd-load`. */
const loadProgram = process.env['RAFTLAB_ETCD_LOAD'];

/** @param {string} folder @returns {Promise<import('./kv.mjs').Service | undefined>} */
export async function startEtcd(folder) {
  const version = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  const grpc = version.status === 0 ? peerLibrary('@grpc/grpc-js', grpcVersion) : undefined;
  if (grpc === undefined) {
    console.log('  without etcd: there is no program etcd here, and no ratio to it (Debian: etcd-server)');
    return undefined;
  }
  const clients = loadProgram ?? 'grpc-js';
  console.log(
    `  beside ${version.stdout.split('\n')[0]}: clients of ${clients}, ${connectionCount} connections to the leader`,
  );
  mkdirSync(folder);
  const [ports, peers] = [await freePorts(names.length), await freePorts(names.length)];
  const members = names.map((name, at) =>
    startMember(name, { folder, client: ports[at], peers, peer: peers[at] }),
  );
  const stop = async () => {
    for (const member of members) member.kill('SIGKILL');
    await elapse(100);
  };
  try {
    const leader = await leaderOf(grpc, ports);
    const connections = Array.from({ length: connectionCount }, () => new Connection(grpc, leader));
    return {
      pids: members.map(({ pid = 0 }) => pid),
      client(number) {
        const connection = connections[number % connectionCount];
        if (connection === undefined) throw new RangeError(`there is no client ${number}.`);
        return {
          put: (key, value) =>
            connection.call(
              '/etcdserverpb.KV/Put',
              Buffer.concat([bytesField(1, key), bytesField(2, value)]),
            ),
          get: (key) => connection.call('/etcdserverpb.KV/Range', bytesField(1, key)),
        };
      },
      ...(loadProgram !== undefined && { run: (load) => runProgram(loadProgram, leader, load) }),
      async stop() {
        for (const connection of connections) connection.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} program @param {number} leader @param {import('./kv.mjs').Load} load */
async function runProgram(program, leader, { readShare, inFlight, lastsMs, keyCount, valueSizeBytes }) {
  const flags = {
    endpoint: `${host}:${leader}`,
    connections: connectionCount,
    'in-flight': inFlight,
    'read-share': readShare,
    keys: keyCount,
    'value-bytes': valueSizeBytes,
    'lasts-ms': lastsMs,
  };
  const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const { stdout } = await promisify(execFile)(program, words);
  return JSON.parse(stdout);
}

/** @param {string} name @param {{ folder: string, client: number | undefined, peer: number | undefined, peers: readonly number[] }} options */
function startMember(name, { folder, client, peer, peers }) {
  const cluster = names.map((each, at) => `${each}=http://${host}:${peers[at]}`).join(',');
  const urls = { client: `http://${host}:${client}`, peer: `http://${host}:${peer}` };
  const log = openSync(join(folder, `${name}.log`), 'w');
  const member = spawn(
    'etcd',
    [
      '--name',
      name,
      '--data-dir',
      join(folder, name),
      '--initial-cluster',
      cluster,
      '--listen-client-urls',
      urls.client,
      '--advertise-client-urls',
      urls.client,
      '--listen-peer-urls',
      urls.peer,
      '--initial-advertise-peer-urls',
      urls.peer,
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  return member;
}

/** The port of the member that leads. @param {any} grpc @param {readonly number[]} ports */
async function leaderOf(grpc, ports) {
  for (const endsAt = performance.now() + electionMaxMs; performance.now() < endsAt; await elapse(100)) {
    for (const port of ports) {
      const connection = new Connection(grpc, port);
      const status = await connection
        .call('/etcdserverpb.Maintenance/Status', Buffer.alloc(0))
        .catch(() => undefined);
      connection.close();
      if (status === undefined) continue;
      const fields = fieldsOf(status);
      const header = fields.get(1);
      const member = header instanceof Buffer ? fieldsOf(header).get(2) : undefined;
      if (member !== undefined && member === fields.get(4)) return port;
    }
  }
  throw new Error(`etcd has elected no leader within ${electionMaxMs} ms`);
}

class Connection {
  #client;

  /** @param {any} grpc @param {number} port */
  constructor(grpc, port) {
    // Without an own pool all clients of one address would share one connection.
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    this.#client = new grpc.Client(`${host}:${port}`, grpc.credentials.createInsecure(), options);
  }

  /** @param {string} path @param {Buffer} request @returns {Promise<Buffer>} */
  call(path, request) {
    return new Promise((resolve, reject) => {
      const done = (/** @type {Error | null} */ error, /** @type {Buffer} */ reply) =>
        error === null ? resolve(reply) : reject(error);
      this.#client.makeUnaryRequest(path, same, same, request, done);
    });
  }

  close() {
    this.#client.close();
  }
}

/** @param {Buffer} bytes */
function same(bytes) {
  return bytes;
}

/** A field with a text of less than 16 KiB. @param {number} number @param {string} text */
function bytesField(number, text) {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes]);
}

/** The fields of a message: numbers, and bytes. @param {Buffer} message @returns {Map<number, bigint | Buffer>} */
function fieldsOf(message) {
  /** @type {Map<number, bigint | Buffer>} */
  const fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const value = varint();
    if ((tag & 7) !== 2) {
      fields.set(tag >> 3, value);
      continue;
    }
    fields.set(tag >> 3, message.subarray(at, at + Number(value)));
    at += Number(value);
  }
  return fields;
}
