// The lab's speed test: one client, one operation after the other. It fails if operations wait for the next heartbeat.
import { checkAppends, valueOf } from './append-checks.ts';
import type { KeyValueCluster } from './key-value-cluster.ts';
import type { KeyValueTest } from './key-value-test.ts';

const operationCount = 1000;
/** The maximum average duration of an operation: a third of a heartbeat interval of the lab, in ms. */
const operationMaxMs = 100 / 3;

/** The test of a part. */
export function speedTest({
  id,
  part,
  maxRaftState,
}: {
  readonly id: string;
  readonly part: '4A' | '4B';
  readonly maxRaftState: number;
}): KeyValueTest {
  return {
    id,
    part,
    title: 'ops complete fast enough',
    servers: 3,
    maxRaftState,
    isInstantInRealTime: true,
    script,
  };
}

async function script(cluster: KeyValueCluster): Promise<void> {
  const clerk = cluster.makeClerk(cluster.servers, { isRecorded: false });
  // The first operation waits for a leader.
  await clerk.get('x');
  const beganAt = cluster.now();
  cluster.beginStep(`${operationCount} appends`);
  for (let j = 0; j < operationCount; j += 1) await clerk.append('x', valueOf(0, j));
  const tookMs = cluster.now() - beganAt;
  checkAppends(0, await clerk.get('x'), operationCount);
  if (tookMs > operationMaxMs * operationCount)
    cluster.fatal(
      `Operations completed too slowly ${(tookMs / operationCount).toFixed(3)} ms/op > ${operationMaxMs.toFixed(3)} ms/op`,
    );
}
