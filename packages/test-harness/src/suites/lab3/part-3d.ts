// 3D: log compaction. The scripts and bounds of MIT 6.5840 (spring 2024), raft/test_test.go.
import type { RaftCluster } from './raft-cluster.ts';
import type { RaftTest } from './raft-test.ts';

/** The maximum size of the log that a server persists when snapshots are taken, in bytes: the lab requires less than 2000. */
export const maxLogSizeBytes = 1999;

export const part3D: readonly RaftTest[] = [
  snapshotTest('TestSnapshotBasic3D', 'snapshots basic', {}),
  snapshotTest('TestSnapshotInstall3D', 'install snapshots (disconnect)', { disconnects: true }),
  snapshotTest('TestSnapshotInstallUnreliable3D', 'install snapshots (disconnect+unreliable)', {
    disconnects: true,
    isUnreliable: true,
  }),
  snapshotTest('TestSnapshotInstallCrash3D', 'install snapshots (crash)', { crashes: true }),
  snapshotTest('TestSnapshotInstallUnCrash3D', 'install snapshots (unreliable+crash)', {
    crashes: true,
    isUnreliable: true,
  }),
  {
    id: 'TestSnapshotAllCrash3D',
    part: '3D',
    title: 'crash and restart all servers',
    servers: 3,
    takesSnapshots: true,
    async script(cluster) {
      await cluster.one(cluster.random.safeInteger(), 3, true);
      for (let iteration = 0; iteration < 5; iteration += 1) {
        const count = someCommands(cluster);
        for (let i = 0; i < count; i += 1) await cluster.one(cluster.random.safeInteger(), 3, true);
        const index1 = await cluster.one(cluster.random.safeInteger(), 3, true);
        restartAll(cluster);
        const index2 = await cluster.one(cluster.random.safeInteger(), 3, true);
        if (index2 < index1 + 1) cluster.fatal(`index decreased from ${index1} to ${index2}`);
      }
    },
  },
  {
    id: 'TestSnapshotInit3D',
    part: '3D',
    title: 'snapshot initialization after crash',
    servers: 3,
    takesSnapshots: true,
    async script(cluster) {
      await cluster.one(cluster.random.safeInteger(), 3, true);
      // Enough for a snapshot.
      for (let i = 0; i < 11; i += 1) await cluster.one(cluster.random.safeInteger(), 3, true);
      restartAll(cluster);
      // One more command, so that the state is persisted again: the snapshot must be persisted with it.
      await cluster.one(cluster.random.safeInteger(), 3, true);
      restartAll(cluster);
      await cluster.one(cluster.random.safeInteger(), 3, true);
    },
  },
];

interface SnapshotFaults {
  readonly disconnects?: boolean;
  readonly crashes?: boolean;
  readonly isUnreliable?: boolean;
}

function snapshotTest(id: string, title: string, faults: SnapshotFaults): RaftTest {
  const { disconnects = false, crashes = false, isUnreliable = false } = faults;
  return {
    id,
    part: '3D',
    title,
    servers: 3,
    isUnreliable,
    takesSnapshots: true,
    async script(cluster) {
      const command = (): number => cluster.random.safeInteger();
      await cluster.one(command(), cluster.n, true);
      let leader1 = await cluster.checkOneLeader();
      for (let iteration = 0; iteration < 30; iteration += 1) {
        const next = (leader1 + 1) % cluster.n;
        const [victim, sender] = iteration % 3 === 1 ? [leader1, next] : [next, leader1];
        if (disconnects) {
          cluster.disconnect(victim);
          await cluster.one(command(), cluster.n - 1, true);
        }
        if (crashes) {
          cluster.crash1(victim);
          await cluster.one(command(), cluster.n - 1, true);
        }
        // Perhaps enough for a snapshot.
        const count = someCommands(cluster);
        for (let i = 0; i < count; i += 1) cluster.start(sender, command());
        // Without faults all servers keep up, so that none needs an InstallSnapshot.
        await cluster.one(command(), disconnects || crashes ? cluster.n - 1 : cluster.n, true);
        const logSize = cluster.logSize();
        if (logSize > maxLogSizeBytes) cluster.fatal(`log size too large: ${logSize} bytes`);
        if (disconnects) {
          // It may be too far behind for the log; then it needs a snapshot.
          cluster.connect(victim);
        }
        if (crashes) {
          cluster.start1(victim);
          cluster.connect(victim);
        }
        if (disconnects || crashes) {
          await cluster.one(command(), cluster.n, true);
          leader1 = await cluster.checkOneLeader();
        }
      }
    },
  };
}

function restartAll(cluster: RaftCluster): void {
  for (let server = 0; server < cluster.n; server += 1) cluster.crash1(server);
  for (let server = 0; server < cluster.n; server += 1) {
    cluster.start1(server);
    cluster.connect(server);
  }
}

function someCommands(cluster: RaftCluster): number {
  return 5 + cluster.random.int(0, 9);
}
