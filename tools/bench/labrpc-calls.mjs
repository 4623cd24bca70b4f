// The lab's TestBenchmark: reliable calls on the simulated network, on the system clock; one after another, and many at once.
import { Network, Server } from '@raftlab/labrpc';
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { Random, SystemClock } from '@raftlab/runtime';
import { z } from 'zod';
import { repeat, row, timedByTurns } from './measurement.mjs';

const callCount = 100_000;
const concurrentCount = 1000;

/** @type {import('./measurement.mjs').Measurement} */
export const labrpcCalls = {
  name: 'labrpc',
  title: `labrpc: ${callCount.toLocaleString('en')} reliable calls, system clock`,
  async measure() {
    const oneByOne = await repeat(() => measureCalls(callCount));
    const concurrent = await repeat(() => measureCalls(callCount, concurrentCount));
    return [
      ...rowsOf('in sequence', oneByOne),
      ...rowsOf(`${concurrentCount.toLocaleString('en')} at once`, concurrent),
    ];
  },
};

/**
 * @param {string} what
 * @param {ReadonlyArray<Awaited<ReturnType<typeof measureCalls>>>} runs
 */
function rowsOf(what, runs) {
  return [
    row(
      what,
      'calls/s',
      runs.map(({ wallMicroseconds }) => 1e6 / wallMicroseconds),
    ),
    row(
      `${what}: one call, wall`,
      'µs',
      runs.map(({ wallMicroseconds }) => wallMicroseconds),
    ),
    row(
      `${what}: one call, CPU`,
      'µs',
      runs.map(({ cpuMicroseconds }) => cpuMicroseconds),
    ),
    row(
      `${what}: event loop max`,
      'ms',
      runs.map(({ turnMaxMs }) => turnMaxMs),
    ),
  ];
}

/**
 * The time per call of `count` calls, with `atOnce` of them in flight at any time.
 * @param {number} count
 */
export async function measureCalls(count, atOnce = 1) {
  const method = valueMethod('Bench.Echo', { args: z.int(), reply: z.string() });
  const net = new Network({ clock: new SystemClock(), random: Random.fromSeed(1) });
  const server = new Server();
  server.addService(makeService('Bench', [bind(method, (value) => `echo ${value}`)]));
  net.addServer('server', server);
  const end = net.makeEnd('end');
  net.connect('end', 'server');
  net.enable('end', true);
  let called = 0;
  const callOneByOne = async () => {
    while (called < count) {
      called += 1;
      const { ok } = await end.call(method, called);
      if (!ok) throw new Error('a reliable call failed');
    }
  };
  const { wallMs, cpuMs, turnMaxMs } = await timedByTurns(() =>
    Promise.all(Array.from({ length: atOnce }, callOneByOne)),
  );
  net.cleanup();
  return {
    wallMicroseconds: (wallMs * 1000) / count,
    cpuMicroseconds: (cpuMs * 1000) / count,
    turnMaxMs,
  };
}
