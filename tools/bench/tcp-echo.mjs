// The other process of the measurement of calls: a server of each kind, which answers every call with as many bytes as its argument
// says; and what both processes must agree on.
import * as net from 'node:net';
import { fileURLToPath } from 'node:url';
import { bind, makeService } from '@raftlab/rpc';
import { Random, SystemClock } from '@raftlab/runtime';
import { listen } from '@raftlab/tcp';
import { FrameSplitter, frameOf } from './tcp-frames.mjs';
import { peerLibrary } from './peers.mjs';

export const host = '127.0.0.1';
export const cluster = 'bench';
export const wsVersion = '8.23.0';
export const grpcVersion = '1.14.7';

const same = (/** @type {Uint8Array} */ bytes) => bytes;

/** Bytes as they are: the networks are compared, not the codecs. As with bare frames, only the caller keeps what it receives. */
export const bytesMethod = {
  name: 'Bench.Echo',
  args: { name: 'bytes', encode: same, decode: same },
  reply: { name: 'bytes', encode: same, decode: (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes) },
};

export const grpcMethod = {
  path: '/bench/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

/** @param {Uint8Array} reply */
async function serveOurs(reply) {
  const server = await listen({
    cluster,
    server: 0,
    host,
    port: 0,
    peers: new Map(),
    services: [makeService('Bench', [bind(bytesMethod, () => reply)])],
    clock: new SystemClock(),
    random: Random.fromSeed('echo'),
  });
  return server.address.port;
}

/** What is answered in one turn leaves in one write. @param {Buffer} reply @returns {Promise<number>} */
function serveBare(reply) {
  const server = net.createServer({ noDelay: true }, (socket) => {
    const splitter = new FrameSplitter((number) => socket.write(frameOf(number, reply)));
    socket.on('data', (chunk) => {
      socket.cork();
      splitter.push(chunk);
      socket.uncork();
    });
    socket.on('error', () => socket.destroy());
  });
  return new Promise((resolve) => {
    server.listen({ host, port: 0 }, () => resolve(portOf(server.address())));
  });
}

/** @param {any} ws @param {Buffer} reply @returns {Promise<number>} */
function serveWs(ws, reply) {
  const server = new ws.WebSocketServer({ host, port: 0, perMessageDeflate: false });
  server.on('connection', (/** @type {any} */ socket) => {
    socket.on('message', (/** @type {Buffer} */ message) => {
      socket.send(Buffer.concat([message.subarray(0, 4), reply]));
    });
  });
  return new Promise((resolve) => server.once('listening', () => resolve(portOf(server.address()))));
}

/** @param {any} grpc @param {Buffer} reply @returns {Promise<number>} */
function serveGrpc(grpc, reply) {
  const server = new grpc.Server();
  server.addService(
    { echo: grpcMethod },
    { echo: (/** @type {unknown} */ _call, /** @type {any} */ done) => done(null, reply) },
  );
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(
      `${host}:0`,
      credentials,
      (/** @type {Error | null} */ error, /** @type {number} */ port) => {
        if (error === null) resolve(port);
        else reject(error);
      },
    );
  });
}

/** @param {string | net.AddressInfo | null} address */
function portOf(address) {
  if (address === null || typeof address === 'string') throw new Error('a server that listens has a port');
  return address.port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reply = Buffer.alloc(Number(process.argv[2]), 9);
  /** @type {Record<string, number>} */
  const ports = { ours: await serveOurs(new Uint8Array(reply)), bare: await serveBare(reply) };
  const ws = peerLibrary('ws', wsVersion);
  if (ws !== undefined) ports['ws'] = await serveWs(ws, reply);
  const grpc = peerLibrary('@grpc/grpc-js', grpcVersion);
  if (grpc !== undefined) ports['grpc'] = await serveGrpc(grpc, reply);
  process.on('disconnect', () => process.exit());
  process.send?.(ports);
}
