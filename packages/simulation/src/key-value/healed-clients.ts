// L13: once faults have stopped, every operation of every client ends, those that began before and new ones.
import type { HealedCluster } from '../healed-cluster.ts';
import type { SimCluster } from '../sim-cluster.ts';

/** A round over all servers, of which some are not there, and a wait between the rounds; on slow links many of them. In ms. */
const endedWithinMs = 60_000;

/** Rejects with a LivenessViolation. The last reads show what has become of all earlier commands. */
export async function checkClients({ clients }: SimCluster, healed: HealedCluster): Promise<void> {
  const isIdle = (): boolean => clients.idle.length === clients.count;
  await healed.until('L13: expected every operation to end', endedWithinMs, isIdle);
  for (const key of clients.keys) {
    for (let client = 0; client < clients.count; client += 1) {
      clients.begin(client, { kind: 'get', key, level: 'linearizable' });
    }
    await healed.until(`L13: expected every client to read ${key}`, endedWithinMs, isIdle);
  }
}
