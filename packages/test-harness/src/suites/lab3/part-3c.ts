// 3C: persistence. The scripts and bounds of MIT 6.5840 (spring 2024), raft/test_test.go.
import { raftElectionTimeoutMs, type RaftCluster } from './raft-cluster.ts';
import type { RaftTest } from './raft-test.ts';

export const part3C: readonly RaftTest[] = [
  {
    id: 'TestPersist13C',
    part: '3C',
    title: 'basic persistence',
    servers: 3,
    async script(cluster) {
      await cluster.one(11, 3, true);
      for (let server = 0; server < cluster.n; server += 1) cluster.start1(server);
      for (let server = 0; server < cluster.n; server += 1) {
        cluster.disconnect(server);
        cluster.connect(server);
      }
      await cluster.one(12, 3, true);
      const leader1 = await cluster.checkOneLeader();
      cluster.disconnect(leader1);
      restart(cluster, leader1);
      await cluster.one(13, 3, true);
      const leader2 = await cluster.checkOneLeader();
      cluster.disconnect(leader2);
      await cluster.one(14, 2, true);
      restart(cluster, leader2);
      // leader2 must catch up before the next server is disconnected.
      await cluster.wait(4, 3);
      const third = ((await cluster.checkOneLeader()) + 1) % cluster.n;
      cluster.disconnect(third);
      await cluster.one(15, 2, true);
      restart(cluster, third);
      await cluster.one(16, 3, true);
    },
  },
  {
    id: 'TestPersist23C',
    part: '3C',
    title: 'more persistence',
    servers: 5,
    async script(cluster) {
      let index = 1;
      for (let iteration = 0; iteration < 5; iteration += 1) {
        await cluster.one(10 + index, 5, true);
        index += 1;
        const leader1 = await cluster.checkOneLeader();
        const at = (distance: number): number => (leader1 + distance) % cluster.n;
        cluster.disconnect(at(1));
        cluster.disconnect(at(2));
        await cluster.one(10 + index, 3, true);
        index += 1;
        for (const distance of [0, 3, 4]) cluster.disconnect(at(distance));
        cluster.start1(at(1));
        cluster.start1(at(2));
        cluster.connect(at(1));
        cluster.connect(at(2));
        await cluster.sleep(raftElectionTimeoutMs);
        restart(cluster, at(3));
        await cluster.one(10 + index, 3, true);
        index += 1;
        cluster.connect(at(4));
        cluster.connect(at(0));
      }
      await cluster.one(1000, 5, true);
    },
  },
  {
    id: 'TestPersist33C',
    part: '3C',
    title: 'partitioned leader and one follower crash, leader restarts',
    servers: 3,
    async script(cluster) {
      await cluster.one(101, 3, true);
      const leader = await cluster.checkOneLeader();
      const at = (distance: number): number => (leader + distance) % cluster.n;
      cluster.disconnect(at(2));
      await cluster.one(102, 2, true);
      cluster.crash1(leader);
      cluster.crash1(at(1));
      cluster.connect(at(2));
      restart(cluster, leader);
      await cluster.one(103, 2, true);
      restart(cluster, at(1));
      await cluster.one(104, 3, true);
    },
  },
  {
    id: 'TestFigure83C',
    part: '3C',
    title: 'Figure 8',
    servers: 5,
    async script(cluster) {
      // The paper's Figure 8: leaders accept entries, replicate some of them, and crash before they commit.
      await cluster.one(cluster.random.safeInteger(), 1, true);
      let upCount = cluster.n;
      for (let iteration = 0; iteration < 1000; iteration += 1) {
        let leader: number | undefined;
        for (let server = 0; server < cluster.n; server += 1) {
          if (!cluster.isRunning(server)) continue;
          if (cluster.start(server, cluster.random.safeInteger()).isLeader) leader = server;
        }
        await shortOrLongPause(cluster);
        if (leader !== undefined) {
          cluster.crash1(leader);
          upCount -= 1;
        }
        if (upCount < 3) {
          const server = randomServer(cluster);
          if (!cluster.isRunning(server)) {
            restart(cluster, server);
            upCount += 1;
          }
        }
      }
      for (let server = 0; server < cluster.n; server += 1) {
        if (!cluster.isRunning(server)) restart(cluster, server);
      }
      await cluster.one(cluster.random.safeInteger(), 5, true);
    },
  },
  {
    id: 'TestUnreliableAgree3C',
    part: '3C',
    title: 'unreliable agreement',
    servers: 5,
    isUnreliable: true,
    async script(cluster) {
      const beside: Promise<number>[] = [];
      for (let iteration = 1; iteration < 50; iteration += 1) {
        for (let j = 0; j < 4; j += 1) {
          beside.push(cluster.spawn(() => cluster.one(100 * iteration + j, 1, true)));
        }
        await cluster.one(iteration, 1, true);
      }
      cluster.setUnreliable(false);
      await Promise.all(beside);
      await cluster.one(100, 5, true);
    },
  },
  {
    id: 'TestFigure8Unreliable3C',
    part: '3C',
    title: 'Figure 8 (unreliable)',
    servers: 5,
    isUnreliable: true,
    async script(cluster) {
      const command = (): number => cluster.random.int(0, 9999);
      await cluster.one(command(), 1, true);
      let upCount = cluster.n;
      for (let iteration = 0; iteration < 1000; iteration += 1) {
        if (iteration === 200) cluster.setLongReordering(true);
        let leader: number | undefined;
        for (let server = 0; server < cluster.n; server += 1) {
          if (cluster.start(server, command()).isLeader && cluster.isConnected(server)) leader = server;
        }
        await shortOrLongPause(cluster);
        if (leader !== undefined && cluster.random.chance(500, 1000)) {
          cluster.disconnect(leader);
          upCount -= 1;
        }
        if (upCount < 3) {
          const server = randomServer(cluster);
          if (!cluster.isConnected(server)) {
            cluster.connect(server);
            upCount += 1;
          }
        }
      }
      for (let server = 0; server < cluster.n; server += 1) {
        if (!cluster.isConnected(server)) cluster.connect(server);
      }
      await cluster.one(command(), 5, true);
    },
  },
  {
    id: 'TestReliableChurn3C',
    part: '3C',
    title: 'churn',
    servers: 5,
    script: churn,
  },
  {
    id: 'TestUnreliableChurn3C',
    part: '3C',
    title: 'unreliable churn',
    servers: 5,
    isUnreliable: true,
    script: churn,
  },
];

function restart(cluster: RaftCluster, server: number): void {
  cluster.start1(server);
  cluster.connect(server);
}

function randomServer(cluster: RaftCluster): number {
  return cluster.random.int(0, cluster.n - 1);
}

/** One time in ten up to half an election timeout, otherwise about a round trip. */
async function shortOrLongPause(cluster: RaftCluster): Promise<void> {
  const isLong = cluster.random.chance(100, 1000);
  await cluster.sleep(cluster.random.int(0, isLong ? raftElectionTimeoutMs / 2 - 1 : 12));
}

/**
 * Clients propose to all servers while servers are disconnected, crash and restart. Commands that they saw committed must not
 * be lost.
 */
async function churn(cluster: RaftCluster): Promise<void> {
  const stop = { isSet: false };
  const clients = [0, 1, 2].map((client) => cluster.spawn(() => churnClient(cluster, client, stop)));
  for (let round = 0; round < 20; round += 1) {
    if (cluster.random.chance(200, 1000)) cluster.disconnect(randomServer(cluster));
    if (cluster.random.chance(500, 1000)) {
      const server = randomServer(cluster);
      if (!cluster.isRunning(server)) cluster.start1(server);
      cluster.connect(server);
    }
    if (cluster.random.chance(200, 1000)) {
      const server = randomServer(cluster);
      if (cluster.isRunning(server)) cluster.crash1(server);
    }
    // Short enough that some elections fail, long enough that some succeed.
    await cluster.sleep((raftElectionTimeoutMs * 7) / 10);
  }
  await cluster.sleep(raftElectionTimeoutMs);
  cluster.setUnreliable(false);
  for (let server = 0; server < cluster.n; server += 1) {
    if (!cluster.isRunning(server)) cluster.start1(server);
    cluster.connect(server);
  }
  stop.isSet = true;
  const seen = (await Promise.all(clients)).flat();
  await cluster.sleep(raftElectionTimeoutMs);
  const lastIndex = await cluster.one(cluster.random.safeInteger(), cluster.n, true);
  const final = new Set<unknown>();
  for (let index = 1; index <= lastIndex; index += 1) {
    const decided = await cluster.wait(index, cluster.n);
    if (!Number.isInteger(decided?.command)) cluster.fatal(`not an int at index ${index}`);
    final.add(decided?.command);
  }
  for (const value of seen) {
    if (!final.has(value)) cluster.fatal(`didn't find a value: ${value} was committed, and is gone`);
  }
}

/** Returns the values that it saw committed. */
async function churnClient(
  cluster: RaftCluster,
  client: number,
  stop: { isSet: boolean },
): Promise<number[]> {
  const seen: number[] = [];
  while (!stop.isSet) {
    const value = cluster.random.safeInteger();
    let index: number | undefined;
    for (let server = 0; server < cluster.n; server += 1) {
      if (!cluster.isRunning(server)) continue;
      const started = cluster.start(server, value);
      if (started.isLeader) index = started.index;
    }
    if (index === undefined) {
      await cluster.sleep(79 + client * 17);
      continue;
    }
    for (const pauseMs of [10, 20, 50, 100, 200]) {
      const { count, command } = cluster.nCommitted(index);
      if (count > 0) {
        if (!Number.isInteger(command)) cluster.fatal('wrong type');
        if (command === value) seen.push(value);
        break;
      }
      await cluster.sleep(pauseMs);
    }
  }
  return seen;
}
