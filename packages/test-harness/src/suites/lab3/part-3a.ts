// 3A: leader election. The scripts and bounds of MIT 6.5840 (spring 2024), raft/test_test.go.
import { raftElectionTimeoutMs } from './raft-cluster.ts';
import type { RaftTest } from './raft-test.ts';

export const part3A: readonly RaftTest[] = [
  {
    id: 'TestInitialElection3A',
    part: '3A',
    title: 'initial election',
    servers: 3,
    async script(cluster) {
      await cluster.checkOneLeader();
      // Gives the followers time to learn of the election.
      await cluster.sleep(50);
      const term1 = cluster.checkTerms();
      if (term1 < 1) cluster.fatal(`term is ${term1}, but should be at least 1`);
      // Without a failure the leader and the term must not change.
      await cluster.sleep(2 * raftElectionTimeoutMs);
      const term2 = cluster.checkTerms();
      if (term1 !== term2) cluster.warn('term changed even though there were no failures');
      await cluster.checkOneLeader();
    },
  },
  {
    id: 'TestReElection3A',
    part: '3A',
    title: 'election after network failure',
    servers: 3,
    async script(cluster) {
      const leader1 = await cluster.checkOneLeader();
      cluster.disconnect(leader1);
      await cluster.checkOneLeader();
      // The old leader's return must not disturb the new one.
      cluster.connect(leader1);
      const leader2 = await cluster.checkOneLeader();
      // Without a quorum no leader may be elected.
      const other = (leader2 + 1) % cluster.n;
      cluster.disconnect(leader2);
      cluster.disconnect(other);
      await cluster.sleep(2 * raftElectionTimeoutMs);
      cluster.checkNoLeader();
      cluster.connect(other);
      await cluster.checkOneLeader();
      cluster.connect(leader2);
      await cluster.checkOneLeader();
    },
  },
  {
    id: 'TestManyElections3A',
    part: '3A',
    title: 'multiple elections',
    servers: 7,
    async script(cluster) {
      await cluster.checkOneLeader();
      for (let iteration = 1; iteration < 10; iteration += 1) {
        // At most three servers are disconnected (the choices may coincide): the rest still has a leader or elects one.
        const cut = [randomServer(), randomServer(), randomServer()];
        for (const server of cut) cluster.disconnect(server);
        await cluster.checkOneLeader();
        for (const server of cut) cluster.connect(server);
      }
      await cluster.checkOneLeader();

      function randomServer(): number {
        return cluster.random.int(0, cluster.n - 1);
      }
    },
  },
];
