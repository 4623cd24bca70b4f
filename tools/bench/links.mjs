// What a follower that lags costs on links of several rates, and what a leader keeps in memory for followers that do not answer.
// Everything but the memory is virtual: times, bytes and leaders are the same on every machine.
import { BandwidthCluster } from './bandwidth-cluster.mjs';
import { heapUsedBytes, row } from './measurement.mjs';

const kilobyte = 1_000;
const megabyte = 1_000_000;
/** Rates in bytes per ms, which are KB/s. */
const slow = 400;
const medium = 10_000;
const fast = 100_000;

/**
 * `log`: commands of 1,000 bytes that a follower missed while it was down. `command`: one command of this size. `snapshot`:
 * a snapshot of this size for a follower that has nothing.
 * @type {ReadonlyArray<{ kind: 'log' | 'command' | 'snapshot', bytesPerMs: number, sizeBytes: number }>}
 */
const deliveries = [
  { kind: 'log', bytesPerMs: slow, sizeBytes: 5 * megabyte },
  { kind: 'log', bytesPerMs: medium, sizeBytes: 20 * megabyte },
  { kind: 'command', bytesPerMs: medium, sizeBytes: 5 * megabyte },
  { kind: 'snapshot', bytesPerMs: slow, sizeBytes: 5 * megabyte },
  { kind: 'snapshot', bytesPerMs: medium, sizeBytes: 200 * megabyte },
  { kind: 'snapshot', bytesPerMs: fast, sizeBytes: 200 * megabyte },
  { kind: 'snapshot', bytesPerMs: fast, sizeBytes: 1_000 * megabyte },
];

/** A delivery that takes longer than this times its ideal time is given up. */
const patienceFactor = 10;
const patienceLeastMs = 10_000;

/** @type {import('./measurement.mjs').Measurement} */
export const links = {
  name: 'links',
  title: 'three servers on links with a bandwidth, in virtual time: ideal is 1, 1 and 0',
  async measure() {
    const rows = [];
    for (const delivery of deliveries) rows.push(...(await rowsOf(delivery)));
    rows.push(...(await memoryRows()));
    return rows;
  },
};

/** @param {(typeof deliveries)[number]} delivery */
async function rowsOf(delivery) {
  const { kind, bytesPerMs, sizeBytes } = delivery;
  const { timeRatio, bytesRatio, leaderChanges } = await deliver(delivery);
  const what = `${kind} of ${sizeBytes / megabyte} MB at ${bytesPerMs / kilobyte} MB/s`;
  return [
    row(`${what}: time / ideal`, '', [timeRatio]),
    row(`${what}: bytes sent / needed`, '', [bytesRatio]),
    row(`${what}: leader changes`, '', [leaderChanges]),
  ];
}

/** @param {(typeof deliveries)[number]} delivery */
async function deliver({ kind, bytesPerMs, sizeBytes }) {
  const cluster = new BandwidthCluster(kind === 'command' ? { bytesPerMs } : { bytesPerMs, absent: 2 });
  const { clock } = cluster;
  return await clock.run(async () => {
    const leader = await cluster.leader();
    const late = kind === 'command' ? (leader + 1) % 3 : 2;
    const raft = cluster.peer(leader);
    const commandBytes = kind === 'log' ? kilobyte : 10;
    const commandCount = kind === 'log' ? sizeBytes / commandBytes : 10;
    if (kind !== 'command') await proposeAll(cluster, leader, commandCount, commandBytes);
    if (kind === 'snapshot') raft.snapshot(cluster.applied[leader] ?? 0, new Uint8Array(sizeBytes));
    const before = { ms: clock.now(), bytes: cluster.sentBytesTo(late), leaders: cluster.leaderCount };
    let target = cluster.applied[leader] ?? 0;
    if (kind === 'command') {
      const started = raft.start(new Uint8Array(sizeBytes));
      target = started.isLeader ? started.index : Infinity;
    } else {
      cluster.start(late);
    }
    const idealMs = sizeBytes / bytesPerMs;
    const patienceMs = Math.max(patienceLeastMs, idealMs * patienceFactor);
    while ((cluster.applied[late] ?? 0) < target && clock.now() < before.ms + patienceMs)
      await clock.sleep(5);
    const isDelivered = (cluster.applied[late] ?? 0) >= target;
    const result = {
      timeRatio: isDelivered ? (clock.now() - before.ms) / idealMs : Infinity,
      bytesRatio: (cluster.sentBytesTo(late) - before.bytes) / sizeBytes,
      leaderChanges: cluster.leaderCount - before.leaders,
    };
    cluster.stop();
    return result;
  });
}

/**
 * Proposes commands at the pace at which the leader and one follower commit them.
 * @param {BandwidthCluster} cluster @param {number} leader @param {number} count @param {number} sizeBytes
 */
async function proposeAll(cluster, leader, count, sizeBytes) {
  const first = cluster.applied[leader] ?? 0;
  const atOnce = 100;
  for (let proposed = 0; proposed < count;) {
    const end = Math.min(count, proposed + atOnce);
    for (; proposed < end; proposed += 1) {
      const started = cluster.peer(leader).start(new Uint8Array(sizeBytes));
      if (!started.isLeader) throw new Error(`the leader refused a command: ${started.reason}`);
    }
    while ((cluster.applied[leader] ?? 0) < first + proposed) await cluster.clock.sleep(5);
  }
}

/** How long the load lasts, in virtual ms, and when the memory is looked at. */
const loadMs = 600_000;
const looksMs = [60_000, loadMs];
const loadBytesPerMs = 5 * kilobyte;
const loadCommandBytes = 10 * kilobyte;
const snapshotEvery = 500;

async function memoryRows() {
  const rows = [];
  for (const [what, setUp] of /** @type {const} */ ([
    ['leader at 5 MB/s, one follower down', 'down'],
    ['leader at 5 MB/s, the service of one follower stuck', 'stuck'],
    ['leader at 5 MB/s, both followers down', 'dead majority'],
  ])) {
    const [early = NaN, late = NaN] = await underLoad(setUp);
    rows.push(row(`${what}: memory after 1 min`, 'MB', [early / megabyte]));
    rows.push(row(`${what}: memory after 10 min`, 'MB', [late / megabyte]));
  }
  return rows;
}

/** What is reachable at the looks, beside what there was before. @param {'down' | 'stuck' | 'dead majority'} setUp */
async function underLoad(setUp) {
  const before = heapUsedBytes();
  let stuck = -1;
  /** @type {BandwidthCluster} */
  const cluster = new BandwidthCluster({
    bytesPerMs: fast,
    onApply: (server, message) => {
      if (server === stuck) return new Promise(() => undefined);
      if (message.commandValid && message.commandIndex % snapshotEvery === 0)
        cluster.peer(server).snapshot(message.commandIndex, new Uint8Array(megabyte));
      return undefined;
    },
  });
  const { clock } = cluster;
  return await clock.run(async () => {
    const leader = await cluster.leader();
    const others = [0, 1, 2].filter((server) => server !== leader);
    if (setUp === 'stuck') stuck = others[0] ?? -1;
    else for (const server of setUp === 'down' ? others.slice(0, 1) : others) cluster.crash(server);
    const looks = [];
    const command = new Uint8Array(loadCommandBytes);
    const everyMs = loadCommandBytes / loadBytesPerMs;
    for (const atMs of looksMs) {
      while (clock.now() < atMs) {
        for (const server of [0, 1, 2])
          if (cluster.states[server] !== undefined) cluster.peer(server).start(command);
        await clock.sleep(everyMs);
      }
      looks.push(heapUsedBytes() - before);
    }
    cluster.stop();
    return looks;
  });
}
