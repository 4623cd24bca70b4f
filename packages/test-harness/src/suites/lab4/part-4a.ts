// 4A: a key/value service without snapshots. The scripts and bounds of MIT 6.5840 (spring 2024), kvraft/test_test.go.
import { checkAppends, valueOf } from './append-checks.ts';
import { electionWaitMs, type KeyValueCluster } from './key-value-cluster.ts';
import { generic, type KeyValueTest } from './key-value-test.ts';
import { speedTest } from './speed-test.ts';

const part = '4A';

export const part4A: readonly KeyValueTest[] = [
  generic({ id: 'TestBasic4A', part, clients: 1, servers: 5 }),
  speedTest({ id: 'TestSpeed4A', part, maxRaftState: -1 }),
  generic({ id: 'TestConcurrent4A', part, clients: 5, servers: 5 }),
  generic({ id: 'TestUnreliable4A', part, clients: 5, servers: 5, isUnreliable: true }),
  {
    id: 'TestUnreliableOneKey4A',
    part,
    title: 'concurrent append to same key, unreliable',
    servers: 3,
    isUnreliable: true,
    script: concurrentAppends,
  },
  {
    id: 'TestOnePartition4A',
    part,
    title: 'progress in majority, none in minority, completion after heal',
    servers: 5,
    script: onePartition,
  },
  generic({ id: 'TestManyPartitionsOneClient4A', part, clients: 1, servers: 5, partitions: true }),
  generic({ id: 'TestManyPartitionsManyClients4A', part, clients: 5, servers: 5, partitions: true }),
  generic({ id: 'TestPersistOneClient4A', part, clients: 1, servers: 5, crashes: true }),
  generic({ id: 'TestPersistConcurrent4A', part, clients: 5, servers: 5, crashes: true }),
  generic({
    id: 'TestPersistConcurrentUnreliable4A',
    part,
    clients: 5,
    servers: 5,
    isUnreliable: true,
    crashes: true,
  }),
  generic({ id: 'TestPersistPartition4A', part, clients: 5, servers: 5, crashes: true, partitions: true }),
  generic({
    id: 'TestPersistPartitionUnreliable4A',
    part,
    clients: 5,
    servers: 5,
    isUnreliable: true,
    crashes: true,
    partitions: true,
  }),
  generic({
    id: 'TestPersistPartitionUnreliableLinearizable4A',
    part,
    clients: 15,
    servers: 7,
    isUnreliable: true,
    crashes: true,
    partitions: true,
    hasRandomKeys: true,
  }),
];

/** Clients of TestUnreliableOneKey4A, and the appends of each. */
const appendingClients = 5;
const appendsOfClient = 10;

async function concurrentAppends(cluster: KeyValueCluster): Promise<void> {
  const clerk = cluster.makeClerk();
  await clerk.put('k', '');
  cluster.beginStep(`${appendingClients} clients append to one key`);
  const clients = Array.from({ length: appendingClients }, (_, client) =>
    cluster.spawn(async () => {
      const own = cluster.makeClerk();
      for (let j = 0; j < appendsOfClient; j += 1) await own.append('k', valueOf(client, j));
      own.close();
    }),
  );
  await Promise.all(clients);
  const value = await clerk.get('k');
  for (let client = 0; client < appendingClients; client += 1) checkAppends(client, value, appendsOfClient);
}

/** The time in which the minority must not make progress, and the time after the heal in which it must, in ms. */
const minorityWaitMs = 1000;
const completionMaxMs = 3000;

async function onePartition(cluster: KeyValueCluster): Promise<void> {
  const clerk = cluster.makeClerk();
  await clerk.put('1', '13');

  cluster.beginStep('progress in majority');
  const { majority, minority } = cluster.splitWithLeaderInMinority();
  cluster.partition(majority, minority);
  const inMajority = cluster.makeClerk(majority);
  const putting = cluster.makeClerk(minority);
  const getting = cluster.makeClerk(minority);
  await inMajority.put('1', '14');
  await cluster.checkValue(inMajority, '1', '14');

  cluster.beginStep('no progress in minority');
  const put = { call: cluster.spawn(() => putting.put('1', '15')), isDone: false };
  const get = { call: cluster.spawn(() => getting.get('1')), isDone: false };
  for (const pending of [put, get]) {
    pending.call.then(
      () => {
        pending.isDone = true;
      },
      () => undefined,
    );
  }
  await cluster.sleep(minorityWaitMs);
  if (put.isDone) cluster.fatal('Put in minority completed');
  if (get.isDone) cluster.fatal('Get in minority completed');
  await cluster.checkValue(inMajority, '1', '14');
  await inMajority.put('1', '16');
  await cluster.checkValue(inMajority, '1', '16');

  cluster.beginStep('completion after heal');
  cluster.connectAll();
  putting.connect(cluster.servers);
  getting.connect(cluster.servers);
  await cluster.sleep(electionWaitMs);
  const healedAt = cluster.now();
  for (const [pending, name] of [
    [put, 'Put'],
    [get, 'Get'],
  ] as const) {
    while (!pending.isDone && cluster.now() - healedAt < completionMaxMs) await cluster.sleep(10);
    if (!pending.isDone) cluster.fatal(`${name} did not complete`);
  }
  // The put of 15 could only be executed after the heal, so it is the last one.
  await cluster.checkValue(clerk, '1', '15');
}
