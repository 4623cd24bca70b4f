// The liveness phase of a run, after the faults have stopped: a random majority is healed and must make progress, and the other
// servers stay broken (healing all servers would hide bugs that need one to be missing). Time is virtual, so the bounds are exact.
import type { ServerId } from '@raftlab/protocol';
import { defaultConfig } from '@raftlab/raft-core';
import type { Random, VirtualClock } from '@raftlab/runtime';
import { slowFactor, type Mix } from './mix.ts';
import type { SimCluster } from './sim-cluster.ts';

/** A liveness property was not satisfied within its bound. */
export class LivenessViolation extends Error {
  override readonly name: string = 'LivenessViolation';
}

/** L1: votes may split, but not for twenty election timeouts. */
const leaderWithinMs = 20 * defaultConfig.electionTimeoutMaxMs;
/** After this time as leader, its messages have reached every server that was about to start an election. */
const settledForMs = 2 * defaultConfig.electionTimeoutMaxMs;
/** L2: message delays of at most 2 ms each way, a few writes of slow disks, and one heartbeat. */
const appliedWithinMs = 3_000;
/** L3: the time in which a follower that was far behind catches up, even with messages of one entry. */
const convergedWithinMs = 120_000;
/** L4 and L5: the time without proposals in which nothing changes. */
const stableForMs = 10_000;
const pollMs = 20;

interface LivenessOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mix: Mix;
  readonly signal: AbortSignal;
}

/** Heals a random majority and checks its progress. Throws a LivenessViolation, or the reason of an aborted signal. */
export async function checkLiveness(cluster: SimCluster, options: LivenessOptions): Promise<void> {
  const majority = new HealedMajority(cluster, healMajority(cluster, options.random), options);
  await majority.expectLeader();
  if (options.mix.appendsNoop) await majority.expectNoopCommitted();
  // Without a noop the first proposal commits the entries of earlier terms (§5.4.2), and waits for followers that lag.
  await majority.expectApplied('L3: expected the healed majority to catch up', convergedWithinMs);
  await majority.expectApplied('L2: expected the proposal to be applied', appliedWithinMs);
  await majority.expectIdle();
}

/** The healed majority of a cluster, and the properties that it must satisfy in this order. */
class HealedMajority {
  readonly #cluster: SimCluster;
  readonly #core: readonly ServerId[];
  readonly #clock: VirtualClock;
  readonly #mix: Mix;
  readonly #signal: AbortSignal;

  constructor(cluster: SimCluster, core: readonly ServerId[], { clock, mix, signal }: LivenessOptions) {
    this.#cluster = cluster;
    this.#core = core;
    this.#clock = clock;
    this.#mix = mix;
    this.#signal = signal;
  }

  /** L1: the majority elects a leader that stays. */
  async expectLeader(): Promise<void> {
    // Messages from before the healing may still arrive, and depose a leader.
    await this.#sleep(this.#mix.delayMaxMs * slowFactor);
    // A server that was stalled during the healing may still start one election, so the leader must also stay.
    let ledSince = this.#clock.now();
    let ledTerm: number | undefined;
    await this.#until('L1: expected a leader that the healed majority follows', leaderWithinMs, () => {
      const term = this.#termOf(this.#leader());
      if (term !== ledTerm) ledSince = this.#clock.now();
      ledTerm = term;
      return term !== undefined && this.#clock.now() - ledSince >= settledForMs;
    });
  }

  /** L8: the noop of the leader commits all entries before it. */
  async expectNoopCommitted(): Promise<void> {
    await this.#until(
      'L8: expected the noop to commit all entries of earlier terms (§8)',
      convergedWithinMs,
      () => {
        const leader = this.#leader();
        const state = leader === undefined ? undefined : this.#cluster.state(leader);
        return state !== undefined && state.commitIndex === state.log.lastIndex;
      },
    );
  }

  /** L2, L3: the whole majority applies a proposal to the leader. */
  async expectApplied(what: string, withinMs: number): Promise<void> {
    const leader = this.#leader();
    const proposed = leader === undefined ? undefined : this.#cluster.propose(leader);
    if (proposed === undefined) throw this.#violation('L2: the leader refused a proposal');
    await this.#until(what, withinMs, () =>
      this.#core.every((server) => this.#cluster.lastApplied(server) >= proposed.index),
    );
  }

  /** L4, L5: without proposals the leader stays, and sends only heartbeats. */
  async expectIdle(): Promise<void> {
    const leader = this.#leader();
    const term = this.#termOf(leader);
    const sentBefore = this.#sentCount();
    await this.#sleep(stableForMs);
    const isStable =
      leader !== undefined && this.#cluster.leader() === leader && this.#termOf(leader) === term;
    if (!isStable) throw this.#violation(`L4: server ${leader} led term ${term} without faults, and lost it`);
    // One heartbeat per interval to each other server, and its reply.
    const heartbeats = Math.ceil(stableForMs / defaultConfig.heartbeatIntervalMs) + 1;
    const budget = heartbeats * (this.#mix.servers - 1) * 2;
    const sent = this.#sentCount() - sentBefore;
    if (sent > budget)
      throw this.#violation(
        `L5: ${sent} messages in ${stableForMs} idle ms; a leader's heartbeats and their answers are ${budget}`,
      );
  }

  async #until(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
    const deadline = this.#clock.now() + withinMs;
    while (!isTrue()) {
      if (this.#clock.now() >= deadline)
        throw this.#violation(
          `${what} within ${withinMs} ms, with servers ${this.#core.join(', ')} connected`,
        );
      await this.#sleep(pollMs);
    }
  }

  #violation(what: string): LivenessViolation {
    return new LivenessViolation(`${what}\n${this.#cluster.watch.describe()}`);
  }

  #sleep(ms: number): Promise<void> {
    return this.#clock.sleep(ms, this.#signal);
  }

  /** The member that all of the majority follow. */
  #leader(): ServerId | undefined {
    return followedLeader(this.#cluster, this.#core);
  }

  #termOf(server: ServerId | undefined): number | undefined {
    return server === undefined ? undefined : this.#cluster.state(server)?.currentTerm;
  }

  /** Messages that the majority has sent. */
  #sentCount(): number {
    return this.#core.reduce((sum, server) => sum + this.#cluster.network.sentBy(server), 0);
  }
}

/** Returns the servers that are healed. The others are disconnected, and crashed or left as they are. */
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
