// The lab's GenericTest: clients write and read for three rounds, while the network loses messages, servers are partitioned, and
// all of them restart between the rounds.
import { show } from '@raftlab/trace';
import type { ServerId } from '@raftlab/protocol';
import { checkAppends, valueOf } from './append-checks.ts';
import { electionWaitMs, type KeyValueCluster } from './key-value-cluster.ts';

export interface GenericTestOptions {
  readonly clients: number;
  /** Whether all servers restart after each round. */
  readonly crashes: boolean;
  /** Whether servers are partitioned at random during each round. */
  readonly partitions: boolean;
  /** -1: no snapshots. */
  readonly maxRaftState: number;
  /** Whether every client uses the keys of all clients, or only its own. */
  readonly hasRandomKeys: boolean;
}

const roundCount = 3;
const roundMs = 5000;
/** The partitioner starts this long after the clients. */
const partitionDelayMs = 1000;

interface Round {
  readonly number: number;
  isOver: boolean;
}

/** The script of the test. */
export async function genericTest(cluster: KeyValueCluster, options: GenericTestOptions): Promise<void> {
  const { clients, crashes, partitions, maxRaftState, hasRandomKeys } = options;
  const clerk = cluster.makeClerk();
  for (let number = 1; number <= roundCount; number += 1) {
    const round: Round = { number, isOver: false };
    cluster.beginStep(`round ${number}: ${clients} clients`);
    const running = Array.from({ length: clients }, (_, client) =>
      cluster.spawn(() => runClient(cluster, { client, round, options })),
    );
    // A failure reaches the script through its next wait.
    for (const client of running) client.catch(() => undefined);
    let partitioner: Promise<void> | undefined;
    if (partitions) {
      await cluster.sleep(partitionDelayMs);
      partitioner = cluster.spawn(() => partitionRepeatedly(cluster, round));
      partitioner.catch(() => undefined);
    }
    await cluster.sleep(roundMs);
    round.isOver = true;
    if (partitioner !== undefined) {
      cluster.beginStep('heal the partitions');
      await partitioner;
      cluster.connectAll();
      await cluster.sleep(electionWaitMs);
    }
    if (crashes) await cluster.restartAll();
    cluster.beginStep(`round ${number}: wait for the clients`);
    for (const [client, count] of (await Promise.all(running)).entries()) {
      const value = await clerk.get(`${client}`);
      if (!hasRandomKeys) checkAppends(client, value, count);
    }
    checkSizes(cluster, maxRaftState);
  }
  clerk.close();
}

interface ClientRun {
  readonly client: number;
  readonly round: Round;
  readonly options: GenericTestOptions;
}

/** Returns the number of values that the client has written. */
async function runClient(
  cluster: KeyValueCluster,
  { client, round, options: { clients, hasRandomKeys } }: ClientRun,
): Promise<number> {
  const random = cluster.random.fork(`round ${round.number}, client ${client}`);
  const clerk = cluster.makeClerk();
  let count = 0;
  /** The expected value of the client's own key. */
  let expected = '';
  if (!hasRandomKeys) await clerk.put(`${client}`, expected);
  while (!round.isOver) {
    const key = hasRandomKeys ? `${random.int(0, clients - 1)}` : `${client}`;
    const value = valueOf(client, count);
    if (random.chance(500, 1000)) {
      await clerk.append(key, value);
      expected += value;
      count += 1;
    } else if (hasRandomKeys && random.chance(100, 1000)) {
      await clerk.put(key, value);
      count += 1;
    } else {
      const found = await clerk.get(key);
      if (!hasRandomKeys && found !== expected)
        cluster.fatal(`get wrong value, key ${key}, wanted ${show(expected)}, got ${show(found)}`);
    }
  }
  clerk.close();
  return count;
}

/** Until the end of the round: each server is put on a random side. */
async function partitionRepeatedly(cluster: KeyValueCluster, round: Round): Promise<void> {
  while (!round.isOver) {
    const sides: [ServerId[], ServerId[]] = [[], []];
    for (const server of cluster.servers) sides[cluster.random.chance(1, 2) ? 0 : 1].push(server);
    cluster.partition(...sides);
    await cluster.sleep(electionWaitMs + cluster.random.int(0, 199));
  }
}

function checkSizes(cluster: KeyValueCluster, maxRaftState: number): void {
  if (maxRaftState > 0) {
    cluster.checkLogSize(maxRaftState);
    return;
  }
  const sizeBytes = cluster.snapshotSize();
  if (sizeBytes > 0)
    cluster.fatal(`snapshot of ${sizeBytes} bytes, which should not be used with maxraftstate -1`);
}
