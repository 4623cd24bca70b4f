// The cost of one unit at ten and a hundred times the size: it should not grow.
import { appendEntriesArgsCodec } from '@raftlab/protocol';
import { SystemClock } from '@raftlab/runtime';
import { simulate } from '@raftlab/simulation';
import { measureCatchUp } from './catch-up.mjs';
import { messageWith, nsPerCall } from './codec.mjs';
import { measureCalls } from './labrpc-calls.mjs';
import { collectGarbage, row, timed } from './measurement.mjs';
import { followerBytes, leaderBytes, persisterBytes } from './memory.mjs';
import { measureRestart } from './restart.mjs';
import { measureLoad } from './workload.mjs';

/**
 * @typedef {object} Growing
 * @property {string} what
 * @property {string} unit of the cost of one
 * @property {number} least the size that is called 1x
 * @property {(size: number) => Promise<number> | number} costOfOne
 */

/** @type {Growing[]} */
const growings = [
  {
    what: 'encode, entries in an AppendEntries',
    unit: 'ns/entry',
    least: 10,
    costOfOne: (size) => {
      const args = messageWith(size, 16);
      return nsPerCall(() => appendEntriesArgsCodec.encode(args).length) / size;
    },
  },
  {
    what: 'decode, entries in an AppendEntries',
    unit: 'ns/entry',
    least: 10,
    costOfOne: (size) => {
      const bytes = appendEntriesArgsCodec.encode(messageWith(size, 16));
      return nsPerCall(() => appendEntriesArgsCodec.decode(bytes).term) / size;
    },
  },
  {
    what: 'labrpc, calls in sequence',
    unit: 'µs CPU/call',
    least: 1000,
    costOfOne: async (size) => (await measureCalls(size)).cpuMicroseconds,
  },
  {
    what: 'agreement of 3 servers, commands',
    unit: 'µs CPU/command',
    least: 10_000,
    costOfOne: async (size) => {
      const load = { outstanding: 1024, commandCount: size, sizeBytes: 16 };
      return (await measureLoad({ clock: new SystemClock(), serverCount: 3 }, load)).cpuMicroseconds;
    },
  },
  {
    what: 'catch-up, entries behind',
    unit: 'µs CPU/entry',
    least: 10_000,
    costOfOne: async (size) => ((await measureCatchUp(size, false)).cpuMs * 1000) / size,
  },
  {
    what: 'restart, entries stored',
    unit: 'µs CPU/entry',
    least: 10_000,
    costOfOne: async (size) => ((await measureRestart(size)).ready.cpuMs * 1000) / size,
  },
  { what: "memory, entries in a leader's log", unit: 'B/entry', least: 10_000, costOfOne: leaderBytes },
  { what: "memory, entries in a follower's log", unit: 'B/entry', least: 10_000, costOfOne: followerBytes },
  { what: 'memory, entries in the Persister', unit: 'B/entry', least: 10_000, costOfOne: persisterBytes },
  {
    what: 'simulation, ms of faults',
    unit: 'µs CPU/event',
    least: 2000,
    costOfOne: async (size) => {
      let events = 0;
      const { cpuMs } = await timed(async () => {
        events = (await simulate({ seed: 3, overrides: { faultPhaseMs: size } })).events;
      });
      return (cpuMs * 1000) / events;
    },
  },
];

/** @type {import('./measurement.mjs').Measurement} */
export const growth = {
  name: 'growth',
  title: 'the cost of one, with 1, 10 and 100 times as many',
  async measure() {
    const rows = [];
    for (const { what, unit, least, costOfOne } of growings) {
      for (const size of [least, 10 * least, 100 * least]) {
        collectGarbage();
        await costOfOne(10 * least); // a warm-up
        rows.push(row(`${what}: ${size.toLocaleString('en')}`, unit, [await costOfOne(size)]));
      }
    }
    return rows;
  },
};
