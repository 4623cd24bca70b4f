// Linearizable reads by readIndex, in memory: how many per second, what one takes, and how many messages confirm the leader. Wall
// time, on the system clock, with all servers and the network in this process.
import { SystemClock } from '@raftlab/runtime';
import { BenchCluster } from './cluster.mjs';
import { percentile, repeat, row, timed } from './measurement.mjs';
import { commandCodec, commandOf } from './workload.mjs';

const serverCount = 3;
const outstanding = 1024;
const readCount = 300_000;
const latencyCount = 5000;
/** Beside the reads of the last row: one command for each of so many reads. */
const readsPerCommand = 10;

/** @type {import('./measurement.mjs').Measurement} */
export const reads = {
  name: 'reads',
  title: `linearizable reads on the leader of ${serverCount} servers (system clock, storage in memory)`,
  async measure() {
    await measureLoad({ commandEvery: 0, count: readCount / 10 }); // a warm-up
    const alone = await repeat(() => measureAlone());
    const loads = await repeat(() => measureLoad({ commandEvery: 0, count: readCount }));
    const mixed = await repeat(() => measureLoad({ commandEvery: readsPerCommand, count: readCount }));
    const beside = `reads, ${outstanding.toLocaleString('en')} in flight, beside a command for ${readsPerCommand} reads`;
    return [
      row(
        'reads, alone: p50',
        'µs',
        alone.map(({ p50 }) => p50),
      ),
      row(
        'reads, alone: p99',
        'µs',
        alone.map(({ p99 }) => p99),
      ),
      ...rowsOf(`reads, ${outstanding.toLocaleString('en')} in flight`, loads),
      ...rowsOf(beside, mixed),
    ];
  },
};

/**
 * @param {string} what
 * @param {ReadonlyArray<Awaited<ReturnType<typeof measureLoad>>>} runs
 */
function rowsOf(what, runs) {
  return [
    row(
      what,
      'reads/s',
      runs.map(({ perSecond }) => perSecond),
    ),
    row(
      `${what}: CPU`,
      'µs/read',
      runs.map(({ cpuMicroseconds }) => cpuMicroseconds),
    ),
    row(
      `${what}: RPCs`,
      '/read',
      runs.map(({ rpcs }) => rpcs),
    ),
  ];
}

/** A cluster whose leader has committed an entry of its term, without which it serves no reads. */
async function leadingCluster() {
  const clock = new SystemClock();
  /** @type {(() => void) | undefined} */
  let onApply;
  const cluster = new BenchCluster({ clock, serverCount, commandCodec, onApply: () => onApply?.() });
  const { peer } = await cluster.leader();
  await new Promise((resolve) => {
    onApply = () => {
      if (cluster.appliedEverywhere() >= 1) resolve(undefined);
    };
    peer.start(commandOf(16));
  });
  onApply = undefined;
  return { cluster, peer };
}

/** One read at a time. */
async function measureAlone() {
  const { cluster, peer } = await leadingCluster();
  const microseconds = [];
  for (let count = 0; count < latencyCount; count += 1) {
    const before = performance.now();
    await readOnce(peer);
    microseconds.push((performance.now() - before) * 1000);
  }
  cluster.stop();
  return { p50: percentile(microseconds, 50), p99: percentile(microseconds, 99) };
}

/** @param {{ commandEvery: number, count: number }} load `commandEvery` 0: no commands */
async function measureLoad({ commandEvery, count }) {
  const { cluster, peer } = await leadingCluster();
  const command = commandOf(16);
  const rpcsBefore = cluster.network.getTotalCount();
  let begun = 0;
  const client = async () => {
    while (begun < count) {
      begun += 1;
      if (commandEvery > 0 && begun % commandEvery === 0) peer.start(command);
      await readOnce(peer);
    }
  };
  const { wallMs, cpuMs } = await timed(() => Promise.all(Array.from({ length: outstanding }, client)));
  const rpcs = cluster.network.getTotalCount() - rpcsBefore;
  cluster.stop();
  return { perSecond: count / (wallMs / 1000), cpuMicroseconds: (cpuMs * 1000) / count, rpcs: rpcs / count };
}

/** @param {import('./cluster.mjs').Peer} peer */
async function readOnce(peer) {
  const result = await peer.readIndex();
  if (!result.ok) throw new Error(`a read was refused: ${result.reason}`);
}
