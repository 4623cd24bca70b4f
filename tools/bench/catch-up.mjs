// A follower that was down while the others continued: from its restart until it has applied all entries. Its leader notices it
// with a heartbeat or a retry, so up to 160 ms pass before the first message.
import { SystemClock } from '@raftlab/runtime';
import { BenchCluster } from './cluster.mjs';
import { repeat, row, timedByTurns } from './measurement.mjs';
import { commandCodec, propose } from './workload.mjs';

const entryCount = 100_000;
const serverCount = 3;
const snapshotData = new Uint8Array(1_000_000).fill(7);

/** @type {import('./measurement.mjs').Measurement} */
export const catchUp = {
  name: 'catch-up',
  title: `a follower of ${serverCount} that starts ${entryCount.toLocaleString('en')} entries of 16 B behind (system clock)`,
  async measure() {
    const byLog = await repeat(() => measureCatchUp(entryCount, false));
    const bySnapshot = await repeat(() => measureCatchUp(entryCount, true));
    return [
      ...rowsOf('by its log', byLog),
      ...rowsOf(`by a snapshot of ${snapshotData.length / 1e6} MB`, bySnapshot),
    ];
  },
};

/**
 * @param {string} what
 * @param {ReadonlyArray<Awaited<ReturnType<typeof measureCatchUp>>>} runs
 */
function rowsOf(what, runs) {
  return [
    row(
      `${what}: wall`,
      'ms',
      runs.map(({ wallMs }) => wallMs),
    ),
    row(
      `${what}: CPU`,
      'ms',
      runs.map(({ cpuMs }) => cpuMs),
    ),
    row(
      `${what}: RPCs`,
      '',
      runs.map(({ rpcs }) => rpcs),
    ),
    row(
      `${what}: event loop max`,
      'ms',
      runs.map(({ turnMaxMs }) => turnMaxMs),
    ),
  ];
}

/**
 * @param {number} behind
 * @param {boolean} isCompacted whether the others have compacted the entries that the follower lacks
 */
export async function measureCatchUp(behind, isCompacted) {
  const clock = new SystemClock();
  /** @type {{ onApplied: (() => void) | undefined }} */
  const hook = { onApplied: undefined };
  const cluster = new BenchCluster({
    clock,
    serverCount,
    commandCodec,
    onApply(_server, index, peer) {
      hook.onApplied?.();
      if (isCompacted && index === behind) peer.snapshot(index, snapshotData);
    },
  });
  const { server: leader } = await cluster.leader();
  const away = (leader + 1) % serverCount;
  cluster.crash(away);
  await propose(cluster, clock, { outstanding: 4096, commandCount: behind, sizeBytes: 16 }, hook);
  await clock.sleep(500); // by now the calls to the stopped server have failed, and are retried at heartbeats
  const rpcsBefore = cluster.network.getTotalCount();
  const { wallMs, cpuMs, turnMaxMs } = await timedByTurns(async () => {
    await new Promise((resolve) => {
      hook.onApplied = () => {
        if (cluster.applied[away] === behind) resolve(undefined);
      };
      cluster.start(away);
    });
  });
  cluster.stop();
  return { wallMs, cpuMs, rpcs: cluster.network.getTotalCount() - rpcsBefore, turnMaxMs };
}
