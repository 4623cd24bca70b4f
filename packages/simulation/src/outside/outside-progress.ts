// What a Raft that is known only from outside must achieve once faults have stopped. The bounds are those of the lab or longer: how
// often it sends heartbeats, and how it backs up, is its own choice.
import type { ServerId } from '@raftlab/protocol';
import type { Random } from '@raftlab/runtime';
import type { LivenessOptions } from '../healed-cluster.ts';
import { slowFactor } from '../mix.ts';
import type { OutsideCluster } from './outside-cluster.ts';
import { OutsideViolation } from './outside-violation.ts';

/** The lab's tests give an election 5 s; here servers may come back with old terms and old logs. */
const leaderWithinMs = 20_000;
/** A leader must last for this long before anything else is asked of it. */
const settledForMs = 1_500;
/** An agreement, with the followers far behind. */
const agreedWithinMs = 60_000;
/** The lab's bound on an agreement without faults. */
const promptlyWithinMs = 10_000;
/** Without faults, term and leader stay the same for this long. */
const stableForMs = 5_000;
const pollMs = 10;

/** Rejects with an OutsideViolation. */
export async function checkProgress(cluster: OutsideCluster, options: LivenessOptions): Promise<void> {
  await new Progress(cluster, options).check();
}

class Progress {
  readonly #cluster: OutsideCluster;
  readonly #options: LivenessOptions;
  /** The servers of which progress is expected. */
  readonly #core: ServerId[];

  constructor(cluster: OutsideCluster, options: LivenessOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#core = majority(cluster.servers, options.random);
  }

  async check(): Promise<void> {
    const { random, mix } = this.#options;
    const rest = this.#cluster.servers.filter((server) => !this.#core.includes(server));
    // In half of the runs a majority must do with what it has saved; in the others its running servers must get free again.
    const hasPowerCut = !mix.without.includes('crash') && random.chance(1, 2);
    this.#cluster.heal();
    for (const server of this.#cluster.servers) {
      if (hasPowerCut || rest.includes(server)) this.#cluster.inflict({ kind: 'crash', server });
    }
    this.#cluster.inflict({ kind: 'join-all' });
    for (const server of this.#core) this.#startAgain(server);
    await this.#sleep(Math.max(mix.delayMaxMs * slowFactor, mix.callTimeoutMs));
    await this.#untilLed();
    await this.#agree(agreedWithinMs);
    await this.#agree(promptlyWithinMs);
    await this.#expectStable();
    for (const server of rest) this.#startAgain(server);
    this.#core.push(...rest);
    await this.#untilLed();
    await this.#agree(agreedWithinMs);
  }

  #startAgain(server: ServerId): void {
    this.#cluster.inflict({ kind: 'resume', server });
    this.#cluster.inflict({ kind: 'restart', server });
  }

  /** The leader whose term all servers of the core have. */
  #leader(): { readonly server: ServerId; readonly term: number } | undefined {
    const states = this.#core.map((server) => ({ server, ...this.#cluster.state(server) }));
    const leader = states.find(({ isLeader }) => isLeader === true);
    if (leader?.term === undefined || states.some(({ term }) => term !== leader.term)) return undefined;
    return { server: leader.server, term: leader.term };
  }

  async #untilLed(): Promise<void> {
    let since = this.#options.clock.now();
    let last: string | undefined;
    await this.#until('expected a leader that lasts, with all servers in its term', leaderWithinMs, () => {
      const leader = this.#leader();
      const present = leader && `${leader.server} ${leader.term}`;
      if (present !== last) since = this.#options.clock.now();
      last = present;
      return present !== undefined && this.#options.clock.now() - since >= settledForMs;
    });
  }

  /** Commands are proposed to the leader, again if one gets lost with its leader, until the core has applied one. */
  async #agree(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const proposed: number[] = [];
    let retryAt = 0;
    await this.#until('expected a new command to be applied', withinMs, () => {
      const leader = this.#leader();
      if (leader !== undefined && clock.now() >= retryAt) {
        const accepted = this.#cluster.propose(leader.server);
        if (accepted !== undefined) proposed.push(accepted.index);
        retryAt = clock.now() + withinMs / 5;
      }
      const least = Math.min(...this.#core.map((server) => this.#cluster.lastApplied(server)));
      // Everything that was ever applied must be there, too.
      return proposed.some((index) => least >= index) && least >= this.#cluster.history.lastApplied;
    });
  }

  async #expectStable(): Promise<void> {
    const before = this.#leader();
    await this.#sleep(stableForMs);
    const after = this.#leader();
    if (before !== undefined && before.server === after?.server && before.term === after.term) return;
    throw this.#violation(
      `a new election without any fault: ${described(before)}, ${described(after)} ${stableForMs / 1000} s later`,
    );
  }

  async #until(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + withinMs;
    while (!isTrue()) {
      if (clock.now() >= deadline) throw this.#violation(`${what} within ${withinMs / 1000} s`);
      await this.#sleep(pollMs);
    }
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#options.signal);
  }

  #violation(what: string): OutsideViolation {
    const servers = this.#core.map((server) => {
      const state = this.#cluster.state(server);
      const role = state === undefined ? 'down' : `${state.isLeader ? 'leader, ' : ''}term ${state.term}`;
      return `  server ${server}: ${role}, applied up to ${this.#cluster.lastApplied(server)}`;
    });
    const who = `servers ${this.#core.join(', ')} of ${this.#cluster.servers.length}`;
    return new OutsideViolation(
      'Progress without faults',
      [`${what}; ${who} run, and no message is lost`, ...servers].join('\n'),
    );
  }
}

/** A random smallest majority. */
function majority(servers: readonly ServerId[], random: Random): ServerId[] {
  const rest = [...servers];
  const size = Math.floor(servers.length / 2) + 1;
  return Array.from({ length: size }, () => rest.splice(random.int(0, rest.length - 1), 1)).flat();
}

function described(leader: { readonly server: ServerId; readonly term: number } | undefined): string {
  return leader === undefined ? 'no leader' : `server ${leader.server} led term ${leader.term}`;
}
