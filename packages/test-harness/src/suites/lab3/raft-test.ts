// A test of Lab 3, as data: a cluster of Raft peers under the lab's tester, and a script.
import type { GradedTest } from '../suite.ts';
import { RaftCluster } from './raft-cluster.ts';

/** A test of Lab 3: the cluster that it needs, and its script. */
export interface RaftTest {
  /** The lab's name, e.g. `TestInitialElection3A`. */
  readonly id: string;
  /** `3A` to `3D`. */
  readonly part: string;
  /** The title that the lab prints after `Test (3A): `. */
  readonly title: string;
  readonly servers: number;
  /** Whether the network is unreliable from the start. */
  readonly isUnreliable?: boolean;
  /** Whether the tester's service takes snapshots. */
  readonly takesSnapshots?: boolean;
  readonly script: (cluster: RaftCluster) => Promise<void>;
}

/** The test in the common format of suites. */
export function raftTest(test: RaftTest): GradedTest {
  const { id, part, title, servers, isUnreliable = false, takesSnapshots = false, script } = test;
  return {
    id,
    part,
    title,
    servers,
    open(setting, { make }) {
      const cluster = new RaftCluster(setting, { servers, isReliable: !isUnreliable, takesSnapshots, make });
      return { cluster, run: () => script(cluster) };
    },
  };
}
