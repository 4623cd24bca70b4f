// The tests of 2025 for the layer between a service and Raft.
import { serviceOutput, type GradedTest, type Suite } from '../suite.ts';
import { CounterCluster } from './counter-cluster.ts';
import { rsmTests, snapshotStateBytes, type RsmTest } from './rsm-tests.ts';

const servers = 3;

/** The 8 tests of the replicated state machine. The course publishes no figures for them. */
export const rsm: Suite = {
  id: 'rsm',
  title: 'MIT 6.5840 rsm',
  parts: [{ id: 'rsm', title: 'replicated state machine', maxLogSizeBytes: 2 * snapshotStateBytes }],
  tests: rsmTests.map(gradedTest),
  ...serviceOutput,
  publishedFigures: new Map(),
};

function gradedTest({ id, title, maxRaftState = -1, messageTime, script }: RsmTest): GradedTest {
  return {
    id,
    part: 'rsm',
    title,
    servers,
    open(setting, implementation) {
      const cluster = new CounterCluster(setting, { servers, maxRaftState, messageTime, implementation });
      return { cluster, run: () => script(cluster) };
    },
  };
}
