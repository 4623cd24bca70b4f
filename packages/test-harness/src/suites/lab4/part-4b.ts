// 4B: a key/value service with snapshots. The scripts and bounds of MIT 6.5840 (spring 2024), kvraft/test_test.go.
import { electionWaitMs, type KeyValueCluster } from './key-value-cluster.ts';
import { generic, snapshotStateBytes, type KeyValueTest } from './key-value-test.ts';
import { speedTest } from './speed-test.ts';

const part = '4B';

/** The maximum size of a snapshot in TestSnapshotSize4B, in bytes. */
const snapshotBytesMax = 500;

export const part4B: readonly KeyValueTest[] = [
  {
    id: 'TestSnapshotRPC4B',
    part,
    title: 'InstallSnapshot RPC',
    servers: 3,
    maxRaftState: snapshotStateBytes,
    script: installSnapshot,
  },
  {
    id: 'TestSnapshotSize4B',
    part,
    title: 'snapshot size is reasonable',
    servers: 3,
    maxRaftState: snapshotStateBytes,
    script: snapshotSize,
  },
  speedTest({ id: 'TestSpeed4B', part, maxRaftState: snapshotStateBytes }),
  // The course's run of these two has several times the operations of the others.
  generic({
    id: 'TestSnapshotRecover4B',
    part,
    clients: 1,
    servers: 5,
    crashes: true,
    messageTime: { minMs: 0.25, maxMs: 0.75 },
  }),
  generic({
    id: 'TestSnapshotRecoverManyClients4B',
    part,
    clients: 20,
    servers: 5,
    crashes: true,
    messageTime: { minMs: 4, maxMs: 14 },
  }),
  generic({ id: 'TestSnapshotUnreliable4B', part, clients: 5, servers: 5, isUnreliable: true }),
  generic({
    id: 'TestSnapshotUnreliableRecover4B',
    part,
    clients: 5,
    servers: 5,
    isUnreliable: true,
    crashes: true,
  }),
  generic({
    id: 'TestSnapshotUnreliableRecoverConcurrentPartition4B',
    part,
    clients: 5,
    servers: 5,
    isUnreliable: true,
    crashes: true,
    partitions: true,
  }),
  generic({
    id: 'TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable4B',
    part,
    clients: 15,
    servers: 7,
    isUnreliable: true,
    crashes: true,
    partitions: true,
    hasRandomKeys: true,
  }),
];

async function installSnapshot(cluster: KeyValueCluster): Promise<void> {
  const clerk = cluster.makeClerk();
  await clerk.put('a', 'A');
  await cluster.checkValue(clerk, 'a', 'A');

  // Server 2 falls behind the logs of the others.
  cluster.partition([0, 1], [2]);
  const first = cluster.makeClerk([0, 1]);
  cluster.beginStep('50 puts without server 2');
  for (let i = 0; i < 50; i += 1) await first.put(`${i}`, `${i}`);
  await cluster.sleep(electionWaitMs);
  await first.put('b', 'B');
  cluster.checkLogSize(snapshotStateBytes);

  // Server 1 is disconnected, so server 2 must catch up, from a snapshot.
  cluster.partition([0, 2], [1]);
  const second = cluster.makeClerk([0, 2]);
  cluster.beginStep('puts and gets without server 1');
  await second.put('c', 'C');
  await second.put('d', 'D');
  await cluster.checkValue(second, 'a', 'A');
  await cluster.checkValue(second, 'b', 'B');
  await cluster.checkValue(second, '1', '1');
  await cluster.checkValue(second, '49', '49');

  cluster.partition([0, 1, 2], []);
  cluster.beginStep('all servers are back');
  await clerk.put('e', 'E');
  await cluster.checkValue(clerk, 'c', 'C');
  await cluster.checkValue(clerk, 'e', 'E');
  await cluster.checkValue(clerk, '1', '1');
}

async function snapshotSize(cluster: KeyValueCluster): Promise<void> {
  const clerk = cluster.makeClerk();
  for (let i = 0; i < 200; i += 1) {
    await clerk.put('x', '0');
    await cluster.checkValue(clerk, 'x', '0');
    await clerk.put('x', '1');
    await cluster.checkValue(clerk, 'x', '1');
  }
  cluster.checkLogSize(snapshotStateBytes);
  const sizeBytes = cluster.snapshotSize();
  if (sizeBytes > snapshotBytesMax) cluster.fatal(`snapshot too large (${sizeBytes} > ${snapshotBytesMax})`);
}
