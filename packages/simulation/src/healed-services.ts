// What a service without faults needs beside the log. L11: every server can read. L12: the leader can hand over.
import type { HealedCluster } from './healed-cluster.ts';
import type { SimCluster } from './sim-cluster.ts';

/** Two round trips of at most 2 ms each way, a slow disk, and a message that was lost before the healing, in ms. */
const doneWithinMs = 3_000;

const late = { ok: false, reason: 'late' } as const;

/** L11: every server of the majority reads, if its peer can. */
export async function checkReads(cluster: SimCluster, healed: HealedCluster): Promise<void> {
  for (const server of healed.core) {
    const result = await Promise.race([cluster.read(server), healed.sleep(doneWithinMs).then(() => late)]);
    if (result?.ok === false)
      throw healed.violation(
        `L11: expected server ${server} to read within ${doneWithinMs} ms; got ${JSON.stringify(result)}`,
      );
  }
}

/** L12: the leader hands over to another server, which the majority follows. With one voter there is no other. */
export async function checkTransfer(cluster: SimCluster, healed: HealedCluster): Promise<void> {
  const leader = healed.leaderState();
  if (leader === undefined || cluster.membership.voters.size === 1) return;
  const { me, currentTerm } = leader;
  const result = await cluster.transfer(me);
  if (result === undefined) return;
  if (!result.ok)
    throw healed.violation(`L12: expected server ${me} to hand over; got ${JSON.stringify(result)}`);
  await healed.until('L12: expected another leader after a transfer', doneWithinMs, () => {
    const next = healed.leaderState();
    return next !== undefined && next.me !== me && next.currentTerm > currentTerm;
  });
}
