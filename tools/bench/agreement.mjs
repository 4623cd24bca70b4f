// From `start` to apply on every server, in memory, including the encoding, labrpc, the codecs and the Persister. Wall time, on
// the system clock, with all servers and the network in this process.
import { SystemClock } from '@raftlab/runtime';
import { BenchCluster } from './cluster.mjs';
import { percentile, repeat, row } from './measurement.mjs';
import { commandCodec, commandOf, measureLoad } from './workload.mjs';

const serverCounts = [1, 3, 5, 7];
const outstandings = [64, 1024, 16_384];
/** Command sizes, and the number of commands of each size in one run. */
const workloads = [
  { sizeBytes: 16, commandCount: 100_000, latencyCount: 10_000 },
  { sizeBytes: 1024, commandCount: 20_000, latencyCount: 4000 },
];

/** @type {import('./measurement.mjs').Measurement} */
export const agreement = {
  name: 'agreement',
  title: 'a command from start to apply on every server (system clock, storage in memory)',
  async measure() {
    await measureLatency(3, 16, 2000); // the first run is a warm-up
    const rows = [];
    for (const serverCount of serverCounts) {
      for (const { sizeBytes, commandCount, latencyCount } of workloads) {
        const what = `${serverCount} servers, ${sizeBytes} B`;
        const latencies = await repeat(() => measureLatency(serverCount, sizeBytes, latencyCount));
        rows.push(
          row(
            `${what}, alone: p50`,
            'µs',
            latencies.map(({ p50 }) => p50),
          ),
          row(
            `${what}, alone: p99`,
            'µs',
            latencies.map(({ p99 }) => p99),
          ),
        );
        for (const outstanding of outstandings) {
          const load = { outstanding, commandCount, sizeBytes };
          const runs = await repeat(() => measureLoad({ clock: new SystemClock(), serverCount }, load));
          rows.push(...loadRows(`${what}, ${outstanding.toLocaleString('en')} on the way`, runs));
        }
      }
    }
    return rows;
  },
};

/**
 * @param {string} what
 * @param {ReadonlyArray<Awaited<ReturnType<typeof measureLoad>>>} runs
 */
export function loadRows(what, runs) {
  const of = (/** @type {(run: (typeof runs)[number]) => number} */ pick) => runs.map(pick);
  return [
    row(
      what,
      'commands/s',
      of(({ perSecond }) => perSecond),
    ),
    row(
      `${what}: CPU`,
      'µs/command',
      of(({ cpuMicroseconds }) => cpuMicroseconds),
    ),
    row(
      `${what}: RPCs`,
      '/command',
      of(({ rpcs }) => rpcs),
    ),
    row(
      `${what}: wire`,
      'B/command and follower',
      of(({ bytesPerFollower }) => bytesPerFollower),
    ),
    row(
      `${what}: event loop p99`,
      'ms',
      of(({ turnP99Ms }) => turnP99Ms),
    ),
    row(
      `${what}: event loop max`,
      'ms',
      of(({ turnMaxMs }) => turnMaxMs),
    ),
  ];
}

/**
 * One command at a time: the next one follows when every server has applied it.
 * @param {number} serverCount
 * @param {number} sizeBytes
 * @param {number} commandCount
 */
async function measureLatency(serverCount, sizeBytes, commandCount) {
  const clock = new SystemClock();
  /** @type {(() => void) | undefined} */
  let onApply;
  const cluster = new BenchCluster({ clock, serverCount, commandCodec, onApply: () => onApply?.() });
  const { peer } = await cluster.leader();
  const command = commandOf(sizeBytes);
  /** @type {number[]} */
  const microseconds = [];
  for (let count = 1; count <= commandCount; count += 1) {
    const before = performance.now();
    await new Promise((resolve) => {
      onApply = () => {
        if (cluster.appliedEverywhere() === count) resolve(undefined);
      };
      if (!peer.start(command).isLeader) throw new Error('leadership was lost');
    });
    microseconds.push((performance.now() - before) * 1000);
    await new Promise((resolve) => {
      clock.defer(() => resolve(undefined));
    });
  }
  cluster.stop();
  return { p50: percentile(microseconds, 50), p99: percentile(microseconds, 99) };
}
