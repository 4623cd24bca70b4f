// A client with a fixed number of commands in flight: as soon as every server has applied some, it proposes as many more.
import { valueCodec } from '@raftlab/rpc';
import { z } from 'zod';
import { BenchCluster } from './cluster.mjs';
import { timedByTurns } from './measurement.mjs';

export const commandCodec = valueCodec('command', z.string());

/** A text that takes `sizeBytes` when it is encoded. @param {number} sizeBytes */
export function commandOf(sizeBytes) {
  const length = [1, 2, 3].map((head) => sizeBytes - head).find((rest) => sizeOf(rest) === sizeBytes);
  if (length === undefined) throw new RangeError(`no text takes ${sizeBytes} bytes`);
  return 'x'.repeat(length);
}

/** @param {number} length */
function sizeOf(length) {
  return length < 0 ? 0 : commandCodec.encode('x'.repeat(length)).length;
}

/** The number of commands, and of their bytes, that are proposed before other callbacks run. */
const commandsPerTurn = 1024;
const bytesPerTurn = 128 * 1024;

/**
 * @typedef {object} Load
 * @property {number} outstanding commands in flight, at most
 * @property {number} commandCount
 * @property {number} sizeBytes of one command
 */

/**
 * Proposes `commandCount` commands on the cluster's leader and waits until every living server has applied them.
 * @param {BenchCluster} cluster
 * @param {import('@raftlab/runtime').Clock} clock
 * @param {Load} load
 * @param {{ onApplied: (() => void) | undefined }} hook where the cluster's onApply reports an applied index
 */
export async function propose(cluster, clock, { outstanding, commandCount, sizeBytes }, hook) {
  const { peer } = await cluster.leader();
  const command = commandOf(sizeBytes);
  const perTurn = Math.min(commandsPerTurn, Math.floor(bytesPerTurn / sizeBytes));
  const first = cluster.appliedEverywhere();
  let proposed = 0;
  await new Promise((resolve, reject) => {
    let isDeferred = false;
    const refill = () => {
      isDeferred = false;
      const done = cluster.appliedEverywhere() - first;
      if (done >= commandCount) {
        resolve(undefined);
        return;
      }
      const end = Math.min(commandCount, done + outstanding, proposed + perTurn);
      for (; proposed < end; proposed += 1) {
        if (!peer.start(command).isLeader) {
          reject(new Error(`leadership was lost after ${proposed} commands`));
          return;
        }
      }
      if (proposed < Math.min(commandCount, done + outstanding)) later();
    };
    const later = () => {
      if (isDeferred) return;
      isDeferred = true;
      clock.defer(refill);
    };
    hook.onApplied = later;
    refill();
  });
  hook.onApplied = undefined;
}

/**
 * The costs of a cluster with a leader for one load.
 * @param {Omit<import('./cluster.mjs').ClusterOptions, 'commandCodec' | 'onApply'>} options
 * @param {Load} load
 */
export async function measureLoad(options, load) {
  /** @type {{ onApplied: (() => void) | undefined }} */
  const hook = { onApplied: undefined };
  const cluster = new BenchCluster({ ...options, commandCodec, onApply: () => hook.onApplied?.() });
  // One command alone first: after it the leader knows where the logs agree.
  await propose(cluster, options.clock, { ...load, outstanding: 1, commandCount: 1 }, hook);
  const { network } = cluster;
  const before = { rpcs: network.getTotalCount(), bytes: network.getTotalBytes() };
  const { wallMs, cpuMs, turnP99Ms, turnMaxMs } = await timedByTurns(() =>
    propose(cluster, options.clock, load, hook),
  );
  const { commandCount } = load;
  cluster.stop();
  return {
    perSecond: commandCount / (wallMs / 1000),
    cpuMicroseconds: (cpuMs * 1000) / commandCount,
    rpcs: (network.getTotalCount() - before.rpcs) / commandCount,
    bytesPerFollower:
      (network.getTotalBytes() - before.bytes) / commandCount / Math.max(1, options.serverCount - 1),
    turnP99Ms,
    turnMaxMs,
  };
}
