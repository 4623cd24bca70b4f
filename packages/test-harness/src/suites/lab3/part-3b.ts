// 3B: the log. The scripts and bounds of MIT 6.5840 (spring 2024), raft/test_test.go.
import { isDeepStrictEqual } from 'node:util';
import { raftElectionTimeoutMs, type RaftCluster } from './raft-cluster.ts';
import type { RaftTest } from './raft-test.ts';

/** The number of attempts of a test that needs a stable term, and the pause between them. */
const attempts = 5;
const attemptPauseMs = 3000;

export const part3B: readonly RaftTest[] = [
  {
    id: 'TestBasicAgree3B',
    part: '3B',
    title: 'basic agreement',
    servers: 3,
    async script(cluster) {
      for (let index = 1; index <= 3; index += 1) {
        const { count } = cluster.nCommitted(index);
        if (count > 0) cluster.fatal('some have committed before Start()');
        const committedAt = await cluster.one(index * 100, 3, false);
        if (committedAt !== index) cluster.fatal(`got index ${committedAt} but expected ${index}`);
      }
    },
  },
  {
    id: 'TestRPCBytes3B',
    part: '3B',
    title: 'RPC byte count',
    servers: 3,
    async script(cluster) {
      const commandLength = 5000;
      await cluster.one(99, 3, false);
      const bytesBefore = cluster.bytesTotal();
      let sent = 0;
      for (let index = 2; index < 12; index += 1) {
        const committedAt = await cluster.one(cluster.random.string(commandLength), 3, false);
        if (committedAt !== index) cluster.fatal(`got index ${committedAt} but expected ${index}`);
        sent += commandLength;
      }
      // Each follower needs each command once; the rest is for headers and heartbeats.
      const got = cluster.bytesTotal() - bytesBefore;
      const expected = cluster.n * sent + 50_000;
      if (got > expected) cluster.fatal(`too many RPC bytes; got ${got}, expected ${expected}`);
    },
  },
  {
    id: 'TestFollowerFailure3B',
    part: '3B',
    title: 'test progressive failure of followers',
    servers: 3,
    async script(cluster) {
      await cluster.one(101, 3, false);
      const leader1 = await cluster.checkOneLeader();
      cluster.disconnect((leader1 + 1) % 3);
      await cluster.one(102, 2, false);
      await cluster.sleep(raftElectionTimeoutMs);
      await cluster.one(103, 2, false);
      // Without any follower, nothing may commit.
      const leader2 = await cluster.checkOneLeader();
      cluster.disconnect((leader2 + 1) % 3);
      cluster.disconnect((leader2 + 2) % 3);
      const { isLeader, index } = cluster.start(leader2, 104);
      if (!isLeader) cluster.fatal('leader rejected Start()');
      if (index !== 4) cluster.fatal(`expected index 4, got ${index}`);
      await cluster.sleep(2 * raftElectionTimeoutMs);
      expectNoneCommitted(cluster, index);
    },
  },
  {
    id: 'TestLeaderFailure3B',
    part: '3B',
    title: 'test failure of leaders',
    servers: 3,
    async script(cluster) {
      await cluster.one(101, 3, false);
      const leader1 = await cluster.checkOneLeader();
      cluster.disconnect(leader1);
      await cluster.one(102, 2, false);
      await cluster.sleep(raftElectionTimeoutMs);
      await cluster.one(103, 2, false);
      const leader2 = await cluster.checkOneLeader();
      cluster.disconnect(leader2);
      for (let server = 0; server < cluster.n; server += 1) cluster.start(server, 104);
      await cluster.sleep(2 * raftElectionTimeoutMs);
      expectNoneCommitted(cluster, 4);
    },
  },
  {
    id: 'TestFailAgree3B',
    part: '3B',
    title: 'agreement after follower reconnects',
    servers: 3,
    async script(cluster) {
      await cluster.one(101, 3, false);
      const leader = await cluster.checkOneLeader();
      const follower = (leader + 1) % cluster.n;
      cluster.disconnect(follower);
      await cluster.one(102, 2, false);
      await cluster.one(103, 2, false);
      await cluster.sleep(raftElectionTimeoutMs);
      await cluster.one(104, 2, false);
      await cluster.one(105, 2, false);
      cluster.connect(follower);
      // The majority continues, and the disconnected server catches up.
      await cluster.one(106, 3, true);
      await cluster.sleep(raftElectionTimeoutMs);
      await cluster.one(107, 3, true);
    },
  },
  {
    id: 'TestFailNoAgree3B',
    part: '3B',
    title: 'no agreement if too many followers disconnect',
    servers: 5,
    async script(cluster) {
      await cluster.one(10, 5, false);
      const leader = await cluster.checkOneLeader();
      const cut = [1, 2, 3].map((distance) => (leader + distance) % cluster.n);
      for (const server of cut) cluster.disconnect(server);
      const first = cluster.start(leader, 20);
      if (!first.isLeader) cluster.fatal('leader rejected Start()');
      if (first.index !== 2) cluster.fatal(`expected index 2, got ${first.index}`);
      await cluster.sleep(2 * raftElectionTimeoutMs);
      expectNoneCommitted(cluster, 2);
      for (const server of cut) cluster.connect(server);
      // The disconnected majority may have elected a leader that lacks index 2.
      const leader2 = await cluster.checkOneLeader();
      const second = cluster.start(leader2, 30);
      if (!second.isLeader) cluster.fatal('leader2 rejected Start()');
      if (second.index < 2 || second.index > 3) cluster.fatal(`unexpected index ${second.index}`);
      await cluster.one(1000, 5, true);
    },
  },
  {
    id: 'TestConcurrentStarts3B',
    part: '3B',
    title: 'concurrent Start()s',
    servers: 3,
    script: (cluster) => untilTermStable(cluster, concurrentStarts),
  },
  {
    id: 'TestRejoin3B',
    part: '3B',
    title: 'rejoin of partitioned leader',
    servers: 3,
    async script(cluster) {
      await cluster.one(101, 3, true);
      const leader1 = await cluster.checkOneLeader();
      cluster.disconnect(leader1);
      // The old leader accepts entries that cannot commit.
      for (const command of [102, 103, 104]) cluster.start(leader1, command);
      // The new leader commits, also at index 2.
      await cluster.one(103, 2, true);
      const leader2 = await cluster.checkOneLeader();
      cluster.disconnect(leader2);
      cluster.connect(leader1);
      await cluster.one(104, 2, true);
      cluster.connect(leader2);
      await cluster.one(105, 3, true);
    },
  },
  {
    id: 'TestBackup3B',
    part: '3B',
    title: 'leader backs up quickly over incorrect follower logs',
    servers: 5,
    async script(cluster) {
      const count = 50;
      const at = (server: number, distance: number): number => (server + distance) % cluster.n;
      const command = (): number => cluster.random.safeInteger();

      await cluster.one(command(), 5, true);
      // A leader with one follower accepts many entries that cannot commit.
      const leader1 = await cluster.checkOneLeader();
      for (const distance of [2, 3, 4]) cluster.disconnect(at(leader1, distance));
      for (let i = 0; i < count; i += 1) cluster.start(leader1, command());
      await cluster.sleep(raftElectionTimeoutMs / 2);
      cluster.disconnect(leader1);
      cluster.disconnect(at(leader1, 1));
      // The other three commit many entries of their own.
      for (const distance of [2, 3, 4]) cluster.connect(at(leader1, distance));
      for (let i = 0; i < count; i += 1) await cluster.one(command(), 3, true);
      // Again: a leader with one follower accepts many that cannot commit.
      const leader2 = await cluster.checkOneLeader();
      const other = at(leader1, 2) === leader2 ? at(leader2, 1) : at(leader1, 2);
      cluster.disconnect(other);
      for (let i = 0; i < count; i += 1) cluster.start(leader2, command());
      await cluster.sleep(raftElectionTimeoutMs / 2);
      // The first leader and its follower are connected, with the server that was disconnected last.
      for (let server = 0; server < cluster.n; server += 1) cluster.disconnect(server);
      for (const server of [leader1, at(leader1, 1), other]) cluster.connect(server);
      for (let i = 0; i < count; i += 1) await cluster.one(command(), 3, true);
      for (let server = 0; server < cluster.n; server += 1) cluster.connect(server);
      await cluster.one(command(), 5, true);
    },
  },
  {
    id: 'TestCount3B',
    part: '3B',
    title: "RPC counts aren't too high",
    servers: 3,
    async script(cluster) {
      await cluster.checkOneLeader();
      const forElection = totalRpcs(cluster);
      if (forElection > 30 || forElection < 1) {
        cluster.fatal(`too many or few RPCs (${forElection}) to elect initial leader`);
      }
      let afterAgreement = 0;
      await untilTermStable(cluster, async () => {
        const rpcs = await countedAgreement(cluster);
        afterAgreement = rpcs ?? 0;
        return rpcs !== undefined;
      });
      await cluster.sleep(raftElectionTimeoutMs);
      const idle = totalRpcs(cluster) - afterAgreement;
      if (idle > 3 * 20) cluster.fatal(`too many RPCs (${idle}) for 1 second of idleness`);
    },
  },
];

function expectNoneCommitted(cluster: RaftCluster, index: number): void {
  const { count } = cluster.nCommitted(index);
  if (count > 0) cluster.fatal(`${count} committed but no majority`);
}

/** Repeats an attempt until it succeeds within one term; an attempt returns false if the term changed. */
async function untilTermStable(
  cluster: RaftCluster,
  attempt: (cluster: RaftCluster) => Promise<boolean>,
): Promise<void> {
  for (let count = 0; count < attempts; count += 1) {
    // The effects of the last attempt get time to settle.
    if (count > 0) await cluster.sleep(attemptPauseMs);
    if (await attempt(cluster)) return;
  }
  cluster.fatal('term changed too often');
}

async function concurrentStarts(cluster: RaftCluster): Promise<boolean> {
  const leader = await cluster.checkOneLeader();
  const { isLeader, term } = cluster.start(leader, 1);
  if (!isLeader) return false;
  const started = await Promise.all(
    [0, 1, 2, 3, 4].map((offset) => cluster.spawn(async () => cluster.start(leader, 100 + offset))),
  );
  const indexes = started
    .filter((result) => result.isLeader && result.term === term)
    .map(({ index }) => index);
  if (termsDiffer(cluster, term)) return false;
  const commands: unknown[] = [];
  for (const index of indexes) {
    const decided = await cluster.wait(index, cluster.n, term);
    if (decided === undefined) return false;
    if (!Number.isInteger(decided.command)) {
      cluster.fatal(`value ${String(decided.command)} at index ${index} is not an int`);
    }
    commands.push(decided.command);
  }
  for (let offset = 0; offset < 5; offset += 1) {
    if (!commands.includes(100 + offset))
      cluster.fatal(`cmd ${100 + offset} missing in [${commands.join(', ')}]`);
  }
  return true;
}

/** Proposes twelve commands to a stable leader; returns the RPCs received so far, or undefined if the term changed. */
async function countedAgreement(cluster: RaftCluster): Promise<number | undefined> {
  const iterations = 10;
  const leader = await cluster.checkOneLeader();
  const before = totalRpcs(cluster);
  const first = cluster.start(leader, 1);
  if (!first.isLeader) return undefined;
  const commands: number[] = [];
  for (let i = 1; i < iterations + 2; i += 1) {
    const command = cluster.random.int(0, 2 ** 31 - 1);
    commands.push(command);
    const { isLeader, index, term } = cluster.start(leader, command);
    if (term !== first.term || !isLeader) return undefined;
    if (index !== first.index + i)
      cluster.fatal(`Start() failed: index ${index}, expected ${first.index + i}`);
  }
  for (let i = 1; i < iterations + 1; i += 1) {
    const decided = await cluster.wait(first.index + i, cluster.n, first.term);
    if (decided === undefined) return undefined;
    if (!isDeepStrictEqual(decided.command, commands[i - 1])) {
      cluster.fatal(`wrong value ${String(decided.command)} committed for index ${first.index + i}`);
    }
  }
  const after = totalRpcs(cluster);
  if (termsDiffer(cluster, first.term)) return undefined;
  const bound = (iterations + 1 + 3) * 3;
  if (after - before > bound) cluster.fatal(`too many RPCs (${after - before}) for ${iterations} entries`);
  return after;
}

function termsDiffer(cluster: RaftCluster, term: number): boolean {
  for (let server = 0; server < cluster.n; server += 1) {
    if (cluster.raft(server).getState().term !== term) return true;
  }
  return false;
}

function totalRpcs(cluster: RaftCluster): number {
  let total = 0;
  for (let server = 0; server < cluster.n; server += 1) total += cluster.rpcCount(server);
  return total;
}
