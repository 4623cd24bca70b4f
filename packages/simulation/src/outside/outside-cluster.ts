// A cluster of peers that are known only from outside, under simulated faults.
import type { ServerId } from '@raftlab/protocol';
import { inflictBasic } from '../basic-fault.ts';
import type { Fault } from '../fault.ts';
import type { RunCluster } from '../run-cluster.ts';
import { SimNetwork } from '../sim-network.ts';
import { OutsideHistory } from './outside-history.ts';
import type { OutsideSurroundings } from './outside-life.ts';
import { OutsideServer } from './outside-server.ts';

/** How often the tester asks every server for its role, in ms: a second leader of a term is noticed. */
const pollMs = 20;

export type OutsideClusterOptions = Omit<OutsideSurroundings, 'network' | 'history' | 'isHealed'>;

export class OutsideCluster implements RunCluster {
  readonly network: SimNetwork;
  readonly wipeCount = 0;
  readonly servers: readonly ServerId[];
  readonly history: OutsideHistory;
  readonly #options: OutsideClusterOptions;
  readonly #servers: readonly OutsideServer[];
  #proposalCount = 0;
  #isHealed = false;

  /** Starts all servers. */
  constructor(options: OutsideClusterOptions) {
    const { clock, random, mix, recorder } = options;
    this.#options = options;
    this.network = new SimNetwork(clock, random.fork('network'), {
      mix,
      clients: 0,
      onEvent: recorder && ((event) => recorder.recordCall(event)),
    });
    this.history = new OutsideHistory(() => clock.now());
    const surroundings: OutsideSurroundings = {
      ...options,
      network: this.network,
      history: this.history,
      isHealed: () => this.#isHealed,
    };
    this.servers = Array.from({ length: mix.servers }, (_, server) => server);
    this.#servers = this.servers.map((id) => new OutsideServer(id, surroundings));
    for (const server of this.#servers) server.start();
    this.#poll();
  }

  /** Messages that a server has received, or applied. */
  get stepCount(): number {
    return this.#options.trace.count;
  }

  isRunning(id: ServerId): boolean {
    return this.#servers[id]?.isRunning === true;
  }

  isPaused(id: ServerId): boolean {
    return this.#servers[id]?.isPaused === true;
  }

  lastApplied(id: ServerId): number {
    return this.#servers[id]?.lastApplied ?? 0;
  }

  /** Term and role of a server; undefined while it is crashed or stalled. */
  state(id: ServerId): { term: number; isLeader: boolean } | undefined {
    return this.#servers[id]?.state();
  }

  leader(): ServerId | undefined {
    let best: { server: ServerId; term: number } | undefined;
    for (const server of this.servers) {
      const state = this.state(server);
      if (state?.isLeader === true && state.term > (best?.term ?? -1)) best = { server, term: state.term };
    }
    return best?.server;
  }

  /** From now on messages have short delays, and services apply at once. */
  heal(): void {
    this.#isHealed = true;
    for (const server of this.#servers) server.heal();
    this.network.heal();
  }

  inflict(fault: Fault): void {
    const { trace, recorder } = this.#options;
    trace.fault(fault);
    const other = inflictBasic(fault, { servers: this.#servers, network: this.network, recorder });
    // The others are what a Raft with the lab's interface does not have, and what the mix of these runs does not draw.
    if (other?.kind !== 'propose') return;
    for (let done = 0; done < other.count; done += 1) this.propose(other.server);
  }

  /** Proposes the next command, a number; undefined if the server does not accept it. */
  propose(id: ServerId): { index: number; term: number } | undefined {
    this.#proposalCount += 1;
    return this.#servers[id]?.propose(this.#proposalCount);
  }

  stop(): [] {
    for (const server of this.#servers) server.stop();
    return [];
  }

  #poll(): void {
    this.leader();
    this.#options.clock.setTimer(pollMs, () => this.#poll());
  }
}
