// What must come to pass once faults have stopped.
import { catchUpMs, contentOf } from './catch-up-time.ts';
import { HealedCluster, type LivenessOptions } from './healed-cluster.ts';
import { checkReads, checkTransfer } from './healed-services.ts';
import { checkClients } from './key-value/healed-clients.ts';
import { healMajority } from './healing.ts';
import { slowFactor } from './mix.ts';
import { checkReturn } from './returning-server.ts';
import type { SimCluster } from './sim-cluster.ts';

/** L2: round trips of at most 2 ms each way, slow disks that write a few times, and one heartbeat. */
const appliedWithinMs = 3_000;
/** The same over links, which may be slow and change the order of messages. */
const appliedOverLinksMs = 30_000;
/** L2: so many commands at once; all are committed without a further proposal. */
const burstCount = 3;
/** L4: so long nothing changes. */
const stableForMs = 10_000;

/** Heals a majority and checks its progress. Rejects with a LivenessViolation. */
export async function checkLiveness(cluster: SimCluster, options: LivenessOptions): Promise<void> {
  const { random, mix } = options;
  const healed = new HealedCluster(cluster, healMajority(cluster, random), options);
  // What was in flight before the healing may still arrive, and depose a leader.
  const { link, diskStallMaxMs, delayMaxMs } = mix;
  const inFlightMs = link === undefined ? delayMaxMs * slowFactor : link.latencyMs + link.jitterMs;
  await healed.sleep(Math.max(inFlightMs, diskStallMaxMs));
  await healed.untilLed();
  const convergedWithinMs = catchUpMs(mix, contentOf(healed.leaderState()));
  if (mix.appendsNoop) {
    await healed.until(
      'L8: expected the noop to commit all that earlier terms left (§8)',
      convergedWithinMs,
      () => {
        const state = healed.leaderState();
        return state !== undefined && state.commitIndex === state.log.lastIndex;
      },
    );
  }
  // Without a noop the first proposal commits what earlier terms left (§5.4.2), and waits for the followers that lag.
  await healed.propose('L3: expected the healed majority to catch up', 1, convergedWithinMs);
  const l2Ms = link === undefined ? appliedWithinMs : appliedOverLinksMs;
  await healed.propose('L2: expected the proposals to be applied', burstCount, l2Ms);
  await checkClients(cluster, healed);
  // On slow links, and beside servers that have lost their disks, neither has a bound.
  const isFast = link === undefined && mix.wipesMax === 0;
  if (isFast) await checkReads(cluster, healed);
  await healed.letWipedCatchUp(convergedWithinMs);
  await healed.expectIdle(stableForMs);
  if (isFast) await checkTransfer(cluster, healed);
  await checkReturn(cluster, healed, options);
}
