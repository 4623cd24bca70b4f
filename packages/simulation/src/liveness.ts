// What must come to pass once faults have stopped: a random majority is healed for good, the rest stays broken for ever
// (healing everybody would hide what needs one server to be missing). The bounds are in virtual time, so they are exact.
import type { ServerId } from '@raftlab/protocol';
import { defaultConfig } from '@raftlab/raft-core';
import type { Random, VirtualClock } from '@raftlab/runtime';
import { slowFactor, type Mix } from './mix.ts';
import type { SimCluster } from './sim-cluster.ts';

/** A property of progress did not come true in its time. */
export class LivenessViolation extends Error {
  override readonly name: string = 'LivenessViolation';
}

/** L1: elections may split, but twenty timeouts in a row do not. */
const leaderWithinMs = 20 * defaultConfig.electionTimeoutMaxMs;
/** A leader that has been followed for so long has been heard by everybody who was about to start an election. */
const settledForMs = 2 * defaultConfig.electionTimeoutMaxMs;
/** L2: round trips of at most 2 ms each way, slow disks that write a few times, and one heartbeat. */
const appliedWithinMs = 3_000;
/** L3: a follower that was far behind, with messages of one entry, catches up within this. */
const convergedWithinMs = 120_000;
/** L4: so long nothing changes. */
const stableForMs = 10_000;
const pollMs = 20;

export async function checkLiveness(
  cluster: SimCluster,
  { clock, random, mix, signal }: { clock: VirtualClock; random: Random; mix: Mix; signal: AbortSignal },
): Promise<void> {
  const sleep = (ms: number): Promise<void> => clock.sleep(ms, signal);
  const core = healMajority(cluster, random);
  const describe = (): string => cluster.watch.describe();

  async function until(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
    const deadline = clock.now() + withinMs;
    while (!isTrue()) {
      if (clock.now() >= deadline) {
        throw new LivenessViolation(
          `${what} within ${withinMs} ms, with servers ${core.join(', ')} connected\n${describe()}`,
        );
      }
      await sleep(pollMs);
    }
  }

  /** Proposes at the leader, and waits until the whole majority has applied it, and no less. */
  async function propose(what: string, withinMs: number): Promise<void> {
    const at = followedLeader(cluster, core);
    const proposed = at === undefined ? undefined : cluster.propose(at);
    if (proposed === undefined)
      throw new LivenessViolation(`L2: the leader refused a proposal\n${describe()}`);
    await until(what, withinMs, () => core.every((server) => cluster.lastApplied(server) >= proposed.index));
  }

  // What was under way before the healing may still arrive, and depose somebody.
  await sleep(mix.delayMaxMs * slowFactor);
  // A server that slept through the healing may still start one election; so the leader must also last.
  let ledSince = clock.now();
  let ledTerm: number | undefined;
  await until('L1: expected a leader that the healed majority follows', leaderWithinMs, () => {
    const at = followedLeader(cluster, core);
    const term = at === undefined ? undefined : cluster.state(at)?.currentTerm;
    if (term !== ledTerm) ledSince = clock.now();
    ledTerm = term;
    return term !== undefined && clock.now() - ledSince >= settledForMs;
  });

  if (mix.appendsNoop) {
    await until('L8: expected the noop to commit all that earlier terms left (§8)', convergedWithinMs, () => {
      const state = cluster.state(followedLeader(cluster, core) ?? -1);
      return state !== undefined && state.commitIndex === state.log.lastIndex;
    });
  }
  // Without a noop the first proposal commits what earlier terms left (§5.4.2), and waits for the followers that lag.
  await propose('L3: expected the healed majority to catch up', convergedWithinMs);
  await propose('L2: expected the proposal to be applied', appliedWithinMs);
  const leader = followedLeader(cluster, core);
  const term = leader === undefined ? undefined : cluster.state(leader)?.currentTerm;
  const sentByCore = (): number => core.reduce((sum, server) => sum + cluster.network.sentBy(server), 0);
  const sentBefore = sentByCore();
  await sleep(stableForMs);
  const isStable =
    leader !== undefined && cluster.leader() === leader && cluster.state(leader)?.currentTerm === term;
  if (!isStable) {
    throw new LivenessViolation(
      `L4: server ${leader} led term ${term} without faults, and lost it\n${describe()}`,
    );
  }
  // L5: idle, a leader sends one heartbeat an interval to each other server, answered by those that are there.
  const heartbeats = Math.ceil(stableForMs / defaultConfig.heartbeatIntervalMs) + 1;
  const budget = heartbeats * (mix.servers - 1) * 2;
  const sent = sentByCore() - sentBefore;
  if (sent > budget) {
    throw new LivenessViolation(
      `L5: ${sent} messages in ${stableForMs} idle ms; a leader's heartbeats and their answers are ${budget}\n${describe()}`,
    );
  }
}

/** Gives the servers that are healed. The others are cut off, and crashed or left as they are. */
function healMajority(cluster: SimCluster, random: Random): ServerId[] {
  const { membership } = cluster;
  const rest = [...membership.members];
  const core = new Set<ServerId>();
  while (!membership.isQuorum(core)) {
    const server = random.pick(rest);
    rest.splice(rest.indexOf(server), 1);
    core.add(server);
  }
  cluster.heal();
  cluster.inflict({ kind: 'join-all' });
  for (const server of rest) {
    if (random.chance(1, 2)) cluster.inflict({ kind: 'crash', server });
    for (const other of membership.members) {
      cluster.inflict({ kind: 'cut', from: server, to: other });
      cluster.inflict({ kind: 'cut', from: other, to: server });
    }
  }
  for (const server of core) {
    cluster.inflict({ kind: 'resume', server });
    cluster.inflict({ kind: 'restart', server });
  }
  return [...core].toSorted((a, b) => a - b);
}

function followedLeader(cluster: SimCluster, core: readonly number[]): number | undefined {
  return core.find((server) => {
    const state = cluster.state(server);
    if (state?.standing.role !== 'leader') return false;
    return core.every((other) => {
      const standing = cluster.state(other)?.standing;
      if (cluster.state(other)?.currentTerm !== state.currentTerm) return false;
      return other === server || (standing?.role === 'follower' && standing.leaderId === server);
    });
  });
}
