// The lab's TestBenchmark: calls on the simulated network, one after another, reliable, on the system clock.
import { Network, Server } from '@raftlab/labrpc';
import { bind, makeService, valueMethod } from '@raftlab/protocol';
import { Random, SystemClock } from '@raftlab/runtime';
import { z } from 'zod';
import { repeat, row, timed } from './measurement.mjs';

const callCount = 100_000;

/** @type {import('./measurement.mjs').Measurement} */
export const labrpcCalls = {
  name: 'labrpc',
  title: `labrpc: ${callCount.toLocaleString('en')} reliable calls in sequence, system clock`,
  async measure() {
    const method = valueMethod('Bench.Echo', { args: z.int(), reply: z.string() });
    const net = new Network({ clock: new SystemClock(), random: Random.fromSeed(1) });
    const server = new Server();
    server.addService(makeService('Bench', [bind(method, (value) => `echo ${value}`)]));
    net.addServer('server', server);
    const end = net.makeEnd('end');
    net.connect('end', 'server');
    net.enable('end', true);
    const times = await repeat(() =>
      timed(async () => {
        for (let call = 0; call < callCount; call += 1) {
          const { ok } = await end.call(method, call);
          if (!ok) throw new Error('a reliable call failed');
        }
      }),
    );
    net.cleanup();
    const microseconds = (/** @type {number} */ ms) => (ms * 1000) / callCount;
    const wall = times.map(({ wallMs }) => microseconds(wallMs));
    const cpu = times.map(({ cpuMs }) => microseconds(cpuMs));
    return [row('one call, wall', 'µs', wall), row('one call, CPU', 'µs', cpu)];
  },
};
