// Three peers that take a snapshot every 1,000 entries: their memory must not grow with the number of commands.
import { SystemClock } from '@raftlab/runtime';
import { BenchCluster } from './cluster.mjs';
import { heapUsedBytes, row, timed } from './measurement.mjs';
import { commandCodec, propose } from './workload.mjs';

const commandCount = 1_000_000;
const snapshotInterval = 1000;
const reportInterval = 250_000;
const serverCount = 3;
const load = { outstanding: 1024, commandCount: reportInterval, sizeBytes: 16 };
const snapshotData = Uint8Array.of(1, 2, 3, 4);

/** @type {import('./measurement.mjs').Measurement} */
export const compaction = {
  name: 'compaction',
  title: `heap used by ${serverCount} peers that compact every ${snapshotInterval.toLocaleString('en')} entries, after n commands of 16 B`,
  async measure() {
    const clock = new SystemClock();
    /** @type {{ onApplied: (() => void) | undefined }} */
    const hook = { onApplied: undefined };
    const cluster = new BenchCluster({
      clock,
      serverCount,
      commandCodec,
      onApply(_server, index, peer) {
        if (index % snapshotInterval === 0) peer.snapshot(index, snapshotData);
        hook.onApplied?.();
      },
    });
    const rows = [];
    const perSecond = [];
    for (let proposed = reportInterval; proposed <= commandCount; proposed += reportInterval) {
      const { wallMs } = await timed(() => propose(cluster, clock, load, hook));
      perSecond.push(reportInterval / (wallMs / 1000));
      rows.push(row(`after ${proposed.toLocaleString('en')}`, 'MB', [heapUsedBytes() / 1e6]));
    }
    cluster.stop();
    return [
      ...rows,
      row(`throughput, ${load.outstanding.toLocaleString('en')} on the way`, 'commands/s', perSecond),
    ];
  },
};
