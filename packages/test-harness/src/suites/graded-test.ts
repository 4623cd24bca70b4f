// What a graded test is, as data: vitest and the grader run the same list.
import type { Cluster } from '../cluster/cluster.ts';

export type Part = '3A' | '3B' | '3C' | '3D';

/** One test of the lab, as data: the cluster that it wants, and its script. */
export interface GradedTest {
  /** The lab's name, e.g. `TestInitialElection3A`. */
  readonly id: string;
  readonly part: Part;
  /** What the lab prints after `Test (3A): `. */
  readonly title: string;
  readonly servers: number;
  /** Whether the network begins unreliable. */
  readonly isUnreliable?: boolean;
  /** Whether the service takes snapshots. */
  readonly takesSnapshots?: boolean;
  readonly script: (cluster: Cluster) => Promise<void>;
}
