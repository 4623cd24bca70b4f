// The tests of the replicated state machine of 2025. The scripts and bounds of MIT 6.5840 (spring 2025), kvraft1/rsm/rsm_test.go.
import type { MessageTime } from '@raftlab/labrpc';
import type { CounterCluster } from './counter-cluster.ts';

/** A test of the rsm suite: three servers, a reliable network, and a script. */
export interface RsmTest {
  /** The lab's name after the prefix `rsm.`, e.g. `rsm.TestBasic4A`: Lab 4 of 2024 has tests of the same names. */
  readonly id: string;
  readonly title: string;
  /** Without it no snapshots are taken. */
  readonly maxRaftState?: number;
  /** What a message takes, unless it is the usual time. */
  readonly messageTime?: MessageTime;
  readonly script: (cluster: CounterCluster) => Promise<void>;
}

const increments = 100;
/** In TestSnapshot4C servers take snapshots, at this many bytes of persisted state; twice as many are allowed. */
export const snapshotStateBytes = 1000;
/** Messages take so long that submissions are pending when all servers are shut down. */
const slowMessages: MessageTime = { minMs: 10, maxMs: 20 };
/** The pause of a test between two actions, in ms. */
const secondMs = 1000;

export const rsmTests: readonly RsmTest[] = [
  {
    id: 'rsm.TestBasic4A',
    title: 'sequential increments',
    async script(cluster) {
      for (let count = 1; count <= 10; count += 1) {
        await cluster.increment(count);
        await cluster.checkCount(count, cluster.n);
      }
    },
  },
  {
    id: 'rsm.TestConcurrent4A',
    title: 'concurrent increments',
    async script(cluster) {
      const submissions = Array.from({ length: 50 }, () =>
        cluster.spawn(() => cluster.submitAnywhere('increment')),
      );
      await Promise.all(submissions);
      await cluster.checkCount(50, cluster.n);
    },
  },
  {
    id: 'rsm.TestLeaderFailure4A',
    title: 'leader failure',
    async script(cluster) {
      await cluster.increment(1);
      await cluster.checkCount(1, cluster.n);
      const leader = await cluster.leader();
      cluster.disconnect(leader);
      const others = cluster.servers.filter((server) => server !== leader);
      await cluster.increment(2, others);
      await cluster.checkCount(2, others.length);
      cluster.connect(leader);
      await cluster.checkCount(2, cluster.n);
    },
  },
  { id: 'rsm.TestLeaderPartition4A', title: 'leader in a minority', script: leaderPartition },
  {
    id: 'rsm.TestRestartReplay4A',
    title: 'replay of the log after a restart',
    async script(cluster) {
      await incrementAfterRestart(cluster);
      await cluster.sleep(secondMs);
      await cluster.checkCount(increments + 1, cluster.n);
    },
  },
  {
    id: 'rsm.TestShutdown4A',
    title: 'submissions end with the shutdown',
    messageTime: slowMessages,
    async script(cluster) {
      await cluster.leader();
      await shutdownWhileSubmitting(cluster);
    },
  },
  {
    id: 'rsm.TestRestartSubmit4A',
    title: 'restart, and shutdown while submitting',
    messageTime: slowMessages,
    async script(cluster) {
      await incrementAfterRestart(cluster);
      await shutdownWhileSubmitting(cluster);
      cluster.startAll();
      await cluster.increment(increments + 2);
      await cluster.checkCount(increments + 2, cluster.n);
    },
  },
  {
    id: 'rsm.TestSnapshot4C',
    title: 'snapshots',
    maxRaftState: snapshotStateBytes,
    async script(cluster) {
      await cluster.incrementFrom(1, increments);
      await cluster.checkCount(increments, cluster.n);
      const sizeBytes = cluster.logSize();
      if (sizeBytes > 2 * snapshotStateBytes)
        cluster.fatal(`logs were not trimmed (${sizeBytes} > 2 * ${snapshotStateBytes})`);
      cluster.shutdownAll();
      cluster.startAll();
      await cluster.increment(increments + 1);
      await cluster.checkCount(increments + 1, cluster.n);
    },
  },
];

/** All servers restart after many increments, and count on from there. */
async function incrementAfterRestart(cluster: CounterCluster): Promise<void> {
  await cluster.incrementFrom(1, increments);
  await cluster.checkCount(increments, cluster.n);
  cluster.shutdownAll();
  await cluster.sleep(secondMs);
  cluster.startAll();
  await cluster.increment(increments + 1);
}

/** Submissions on a leader without a majority: none succeeds, and all end soon after the heal. */
async function leaderPartition(cluster: CounterCluster): Promise<void> {
  await cluster.increment(1);
  const leader = await cluster.leader();
  const others = cluster.servers.filter((server) => server !== leader);
  cluster.partition([leader], others);
  cluster.beginStep(`${increments} decrements on leader ${leader}, which has no majority`);
  const ended = { count: 0 };
  for (let count = 0; count < increments; count += 1) {
    const submission = cluster.spawn(async () => {
      const { ok } = await cluster.submit(leader, 'decrement');
      ended.count += 1;
      if (ok) cluster.fatal(`a submission on leader ${leader} succeeded without a majority`);
    });
    submission.catch(() => undefined);
  }
  // The submissions get time to reach Raft.
  await cluster.sleep(10);
  await cluster.increment(2, others);
  await cluster.checkCount(2, others.length);
  await cluster.sleep(secondMs);
  cluster.connectAll();
  await cluster.sleep(secondMs);
  if (ended.count < increments)
    cluster.fatal(`${increments - ended.count} submissions have not ended a second after the heal`);
  await cluster.checkCount(2, cluster.n);
}

/** The time in which all submissions must end after the shutdown, in ms: a second more than the limit of `submitAnywhere`. */
const endMaxMs = 11_000;

async function shutdownWhileSubmitting(cluster: CounterCluster): Promise<void> {
  cluster.beginStep(`shutdown during ${increments} submissions`);
  const ended = { count: 0 };
  for (let count = 0; count < increments; count += 1) {
    const submission = cluster.spawn(async () => {
      await cluster.submitAnywhere('nothing');
      ended.count += 1;
    });
    submission.catch(() => undefined);
  }
  await cluster.sleep(20);
  cluster.shutdownAll();
  const downSince = cluster.now();
  while (ended.count < increments) {
    if (cluster.now() - downSince > endMaxMs)
      cluster.fatal(`${increments - ended.count} submissions have not ended after the shutdown`);
    await cluster.sleep(100);
  }
}
