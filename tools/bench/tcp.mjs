// Calls between two processes over sockets, beside bare frames of node:net, ws and grpc-js, all by turns in one run: what else the
// machine does falls on all of them.
import { fork } from 'node:child_process';
import * as net from 'node:net';
import { fileURLToPath } from 'node:url';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { collectGarbage, percentile, repeat, row } from './measurement.mjs';
import { FrameSplitter, frameOf } from './tcp-frames.mjs';
import { bytesMethod, cluster, grpcMethod, grpcVersion, host, wsVersion } from './tcp-echo.mjs';
import { peerLibrary } from './peers.mjs';

const requestSizeBytes = 150;
const replySizeBytes = 60;
/** Calls in flight. */
const loads = [{ inFlight: 1 }, { inFlight: 64 }];
/** A network is called for so long, then it is the next one's turn. */
const turnMs = 100;
const turnCount = 10;
/** Before a load is measured: with fewer V8 would still be compiling what is measured. */
const warmUpTurns = 10;
const request = Buffer.alloc(requestSizeBytes, 7);

/** @typedef {{ call(): Promise<unknown>, close(): unknown }} Caller */

/** @type {import('./measurement.mjs').Measurement} */
export const tcp = {
  name: 'tcp',
  title: `calls between two processes, ${requestSizeBytes} B and ${replySizeBytes} B back; × is the ratio to bare frames`,
  async measure() {
    const server = await startServer();
    const callers = await openAll(server.ports);
    try {
      const rows = [];
      for (const load of loads) rows.push(...(await measureLoad(callers, load)));
      return rows;
    } finally {
      for (const caller of callers.values()) await caller.close();
      server.stop();
    }
  },
};

/** Every server of the comparison, in one other process. */
async function startServer() {
  const child = fork(fileURLToPath(new URL('tcp-echo.mjs', import.meta.url)), [String(replySizeBytes)]);
  /** @type {Record<string, number>} */
  const ports = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the server of the measurement has ended with ${code}`)));
  });
  return { ports, stop: () => child.kill() };
}

/** @param {Map<string, Caller>} callers @param {typeof loads[number]} load */
async function measureLoad(callers, { inFlight }) {
  await oneRun(callers, inFlight, warmUpTurns);
  const runs = await repeat(() => oneRun(callers, inFlight, turnCount));
  const what = inFlight === 1 ? 'alone: p50' : `${inFlight} in flight`;
  const [unit, valueOf] =
    inFlight === 1
      ? ['µs', (/** @type {Taken} */ { latencies }) => percentile(latencies, 50) * 1000]
      : ['calls/s', (/** @type {Taken} */ { callCount, wallMs }) => (1000 * callCount) / wallMs];
  const valuesOf = (/** @type {string} */ name) =>
    runs.map((taken) => valueOf(taken.get(name) ?? { latencies: [], callCount: 0, wallMs: NaN }));
  return [...callers.keys()].map((name) => {
    const values = valuesOf(name);
    const bare = valuesOf('bare frames');
    const ratios = values.map((each, at) => each / (bare[at] ?? NaN));
    return { ...row(`tcp: ${name}, ${what}`, unit, values), ratio: percentile(ratios, 50) };
  });
}

/** @typedef {{ latencies: number[], callCount: number, wallMs: number }} Taken */

/** @param {Map<string, Caller>} callers @param {number} inFlight @param {number} turns */
async function oneRun(callers, inFlight, turns) {
  /** @type {Map<string, Taken>} */
  const taken = new Map(
    [...callers.keys()].map((name) => [name, { latencies: [], callCount: 0, wallMs: 0 }]),
  );
  collectGarbage();
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [name, caller] of callers) {
      const of = taken.get(name);
      if (of !== undefined) await callFor(caller, inFlight, of);
    }
  }
  return taken;
}

/** One turn. @param {Caller} caller @param {number} inFlight @param {Taken} taken */
async function callFor(caller, inFlight, taken) {
  const began = performance.now();
  let now = began;
  const one = async () => {
    while (now - began < turnMs) {
      const before = now;
      const result = await caller.call();
      if (isRefusal(result)) throw new Error(`a call is ${result.reason}`);
      now = performance.now();
      taken.callCount += 1;
      if (inFlight === 1) taken.latencies.push(now - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  taken.wallMs += now - began;
}

/** @param {unknown} result @returns {result is { ok: false, reason: string }} */
function isRefusal(result) {
  return typeof result === 'object' && result !== null && 'ok' in result && result.ok === false;
}

/** @param {Record<string, number>} ports @returns {Promise<Map<string, Caller>>} */
async function openAll(ports) {
  const callers = new Map([
    ['raftlab', openOurs(ports['ours'] ?? 0)],
    ['bare frames', await openBare(ports['bare'] ?? 0)],
  ]);
  const ws = ports['ws'] === undefined ? undefined : peerLibrary('ws', wsVersion);
  if (ws !== undefined) callers.set('ws', await openWs(ws, ports['ws'] ?? 0));
  const grpc = ports['grpc'] === undefined ? undefined : peerLibrary('@grpc/grpc-js', grpcVersion);
  if (grpc !== undefined) callers.set('grpc-js', openGrpc(grpc, ports['grpc'] ?? 0));
  for (const caller of callers.values()) await caller.call();
  return callers;
}

/** @param {number} port @returns {Caller} */
function openOurs(port) {
  const addresses = new Map([[0, { host, port }]]);
  const client = connect(addresses, { cluster, clock: new SystemClock(), random: Random.fromSeed('bench') });
  const end = client.end(0);
  return {
    call: () => end.call(bytesMethod, request),
    close: () => client.close(),
  };
}

/** A call is a frame with a number; what is sent in one turn leaves in one write. @param {number} port @returns {Promise<Caller>} */
async function openBare(port) {
  const socket = net.connect({ host, port, noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  /** @type {Map<number, (reply: Buffer) => void>} */
  const pending = new Map();
  const splitter = new FrameSplitter((number, body) => {
    const resolve = pending.get(number);
    pending.delete(number);
    resolve?.(Buffer.from(body));
  });
  socket.on('data', (chunk) => splitter.push(chunk));
  let lastNumber = 0;
  return {
    call() {
      lastNumber += 1;
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(frameOf(lastNumber, request));
      return new Promise((resolve) => pending.set(lastNumber, resolve));
    },
    close: () => socket.destroy(),
  };
}

/** @param {any} ws @param {number} port @returns {Promise<Caller>} */
async function openWs(ws, port) {
  const socket = new ws.WebSocket(`ws://${host}:${port}`, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once('open', resolve));
  /** @type {Map<number, (reply: unknown) => void>} */
  const pending = new Map();
  socket.on('message', (/** @type {Buffer} */ message) => {
    const number = message.readUInt32BE(0);
    const resolve = pending.get(number);
    pending.delete(number);
    resolve?.(message.subarray(4));
  });
  let lastNumber = 0;
  return {
    call() {
      lastNumber += 1;
      const message = Buffer.allocUnsafe(4 + request.length);
      message.writeUInt32BE(lastNumber);
      message.set(request, 4);
      socket.send(message);
      return new Promise((resolve) => pending.set(lastNumber, resolve));
    },
    close: () => socket.terminate(),
  };
}

/** @param {any} grpc @param {number} port @returns {Caller} */
function openGrpc(grpc, port) {
  const client = new grpc.Client(`${host}:${port}`, grpc.credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = grpcMethod;
  return {
    call: () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          (/** @type {Error | null} */ error, /** @type {Buffer} */ reply) => {
            if (error === null) resolve(reply);
            else reject(error);
          },
        );
      }),
    close: () => client.close(),
  };
}
