// A majority without faults: what it has reached, and waiting for what it must reach. The bounds are in virtual time and in
// messages, so they are exact.
import type { LogIndex, ServerId } from '@raftlab/protocol';
import { defaultConfig, type Progress, type RaftState } from '@raftlab/raft-core';
import type { Random, VirtualClock } from '@raftlab/runtime';
import { leaderWithinMs } from './catch-up-time.ts';
import type { Mix } from './mix.ts';
import type { SimCluster } from './sim-cluster.ts';

/** A property of progress did not come true in its time. */
export class LivenessViolation extends Error {
  override readonly name: string = 'LivenessViolation';
}

/** Every server that was about to start an election when a leader was elected has heard of it after this. */
const settledForMs = 2 * defaultConfig.electionTimeoutMaxMs;
const pollMs = 20;

/** What the checks of one run work on. */
export interface LivenessOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mix: Mix;
  readonly signal: AbortSignal;
}

/** The servers of a cluster of which progress is expected. */
export class HealedCluster {
  readonly #cluster: SimCluster;
  readonly #core: readonly ServerId[];
  readonly #options: LivenessOptions;

  constructor(cluster: SimCluster, core: readonly ServerId[], options: LivenessOptions) {
    this.#cluster = cluster;
    this.#core = core;
    this.#options = options;
  }

  /** The servers of which progress is expected. */
  get core(): readonly ServerId[] {
    return this.#core;
  }

  /** The same cluster with one more server to expect progress of. */
  with(server: ServerId): HealedCluster {
    return new HealedCluster(this.#cluster, [...this.#core, server], this.#options);
  }

  sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#options.signal);
  }

  violation(what: string): LivenessViolation {
    return new LivenessViolation(`${what}\n${this.#cluster.watch.describe()}`);
  }

  /** Waits until something is true. Rejects when it takes longer than `withinMs`. */
  async until(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + withinMs;
    while (!isTrue()) {
      if (clock.now() >= deadline)
        throw this.violation(
          `${what} within ${withinMs} ms, with servers ${this.#core.join(', ')} connected`,
        );
      await this.sleep(pollMs);
    }
  }

  /**
   * L1: waits for a leader that the core follows. A server that slept through the healing may still start one election; so
   * the leader must also last.
   */
  async untilLed(): Promise<void> {
    const { clock, mix } = this.#options;
    let ledSince = clock.now();
    let ledTerm: number | undefined;
    await this.until('L1: expected a leader that the healed majority follows', leaderWithinMs(mix), () => {
      const term = this.leaderState()?.currentTerm;
      if (term !== ledTerm) ledSince = clock.now();
      ledTerm = term;
      return term !== undefined && clock.now() - ledSince >= settledForMs;
    });
  }

  /** The state of the leader that the whole core follows, if there is one. */
  leaderState(): RaftState | undefined {
    for (const server of this.connected) {
      const state = this.#cluster.state(server);
      if (state?.standing.role === 'leader' && this.#isFollowed(state)) return state;
    }
    return undefined;
  }

  /** What that leader knows of another server. */
  progressOf(server: ServerId): Progress | undefined {
    const standing = this.leaderState()?.standing;
    return standing?.role === 'leader' ? standing.progress.get(server) : undefined;
  }

  /** The core, and the servers that had their disks wiped: nothing is expected of these, but they may lead. */
  get connected(): readonly ServerId[] {
    const { membership } = this.#cluster;
    return membership.members.filter(
      (server) => this.#core.includes(server) || this.#cluster.isWiped(server),
    );
  }

  #isFollowed({ me, currentTerm }: RaftState): boolean {
    return this.#core.every((other) => {
      const state = this.#cluster.state(other);
      if (state?.currentTerm !== currentTerm) return false;
      const { standing } = state;
      return other === me || (standing.role === 'follower' && standing.leaderId === me);
    });
  }

  /** Proposes commands in one turn, waits until the core has applied them, and returns the last one's index. */
  async propose(what: string, count: number, withinMs: number): Promise<LogIndex> {
    const leader = this.leaderState();
    let index: LogIndex | undefined;
    for (let done = 0; done < count; done += 1)
      index = leader === undefined ? undefined : this.#cluster.propose(leader.me)?.index;
    if (index === undefined) throw this.violation('L2: the leader refused a proposal');
    const last = index;
    await this.until(what, withinMs, () => this.hasApplied(last));
    return last;
  }

  hasApplied(index: LogIndex): boolean {
    return this.#core.every((server) => this.#cluster.lastApplied(server) >= index);
  }

  /**
   * Gives servers that had their disks wiped the time to catch up, in which the cluster is not idle, as long as their leader feeds them.
   * They need not succeed: nothing is expected of them.
   */
  async letWipedCatchUp(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + withinMs;
    const { lastChosenIndex } = this.#cluster.watch;
    const isFed = (server: ServerId): boolean =>
      this.#cluster.isRunning(server) && this.progressOf(server)?.mode !== 'lost-log';
    const isBehind = (server: ServerId): boolean => this.#cluster.lastApplied(server) < lastChosenIndex;
    const mayCatchUp = (server: ServerId): boolean => isBehind(server) && isFed(server);
    while (clock.now() < deadline && this.connected.some(mayCatchUp)) await this.sleep(pollMs);
  }

  /** L4 and L5: without proposals nothing changes, and the leader sends no more than its heartbeats. */
  async expectIdle(stableForMs: number): Promise<void> {
    const { mix } = this.#options;
    const before = this.leaderState();
    const sentBefore = this.#sentCount();
    await this.sleep(stableForMs);
    const after = this.leaderState();
    if (before === undefined || after?.me !== before.me || this.#termsOfCore().size !== 1) {
      const terms = [...this.#termsOfCore()].join(', ');
      throw this.violation(`L4: a leader without faults lost its term, or the terms are not one: ${terms}`);
    }
    // An idle leader sends one heartbeat an interval to each other server, answered by those that are there.
    const heartbeats = Math.ceil(stableForMs / defaultConfig.heartbeatIntervalMs) + 1;
    const budget = heartbeats * (mix.servers - 1) * 2;
    const sent = this.#sentCount() - sentBefore;
    if (sent > budget) {
      const allowed = `a leader's heartbeats and their answers are ${budget}`;
      throw this.violation(`L5: ${sent} messages in ${stableForMs} idle ms; ${allowed}`);
    }
  }

  #termsOfCore(): Set<number | undefined> {
    return new Set(this.#core.map((server) => this.#cluster.state(server)?.currentTerm));
  }

  #sentCount(): number {
    const { membership, network } = this.#cluster;
    let sent = 0;
    for (const from of this.connected)
      for (const to of membership.members) sent += network.sentCount(from, to);
    return sent;
  }
}
