// What a service without faults needs beside the log. L11: every server can read. L12: the leader can hand over.
import type { HealedCluster } from './healed-cluster.ts';
import type { SimCluster } from './sim-cluster.ts';

/** Two round trips of at most 2 ms each way, a slow disk, and a message that was lost before the healing, in ms. */
const doneWithinMs = 3_000;

const repeatedAfterMs = 20;

const late = { ok: false, reason: 'late' } as const;

/**
 * L11: every server of the majority reads, if its peer can. A service repeats a read that is unanswered: the answer of a leader waits
 * for a write under way, and that may take longer than a call may.
 */
export async function checkReads(cluster: SimCluster, healed: HealedCluster): Promise<void> {
  for (const server of healed.core) {
    const overdue = healed.sleep(doneWithinMs).then(() => late);
    let result = await Promise.race([cluster.read(server), overdue]);
    while (result?.ok === false && result.reason === 'unanswered') {
      await healed.sleep(repeatedAfterMs);
      result = await Promise.race([cluster.read(server), overdue]);
    }
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
