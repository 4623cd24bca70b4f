// A cluster under simulated faults: the production peer, core, codecs and storage queue on a virtual clock.
import { allInvariants, ClusterWatch, leaderIsNeverSilent, type Invariant } from '@raftlab/invariants';
import { Membership, type ServerId } from '@raftlab/protocol';
import { defaultConfig, type RaftState, type ReadIndexResult, type TransferResult } from '@raftlab/raft-core';
import { inflictBasic, type OtherFault } from './basic-fault.ts';
import type { Fault } from './fault.ts';
import { Clients } from './key-value/clients.ts';
import type { Surroundings } from './life.ts';
import type { RunCluster } from './run-cluster.ts';
import { SimNetwork } from './sim-network.ts';
import { SimServer } from './sim-server.ts';

export interface SimClusterOptions extends Pick<
  Surroundings,
  | 'clock'
  | 'random'
  | 'mix'
  | 'application'
  | 'make'
  | 'openLog'
  | 'trace'
  | 'reached'
  | 'recorder'
  | 'onViolation'
> {
  readonly invariants?: readonly Invariant[] | undefined;
  /** How many clients of the key/value service there are; none where the service is another. */
  readonly clientCount: number;
}

/** A read was older than a commit before it. */
class ReadViolation extends Error {
  override readonly name: string = 'ReadViolation';
  readonly property = 'Reads are linearizable';
}

export class SimCluster implements RunCluster {
  readonly network: SimNetwork;
  /** The simulated servers, numbered from 0. */
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  /** Those of the key/value service. */
  readonly clients: Clients;
  readonly #options: SimClusterOptions;
  readonly #servers: readonly SimServer[];
  #proposalCount = 0;
  #stepCount = 0;
  #isHealed = false;

  /** Starts all servers. */
  constructor(options: SimClusterOptions) {
    const { clock, random, mix, clientCount, reached, recorder, onViolation } = options;
    const { invariants = allInvariants() } = options;
    this.#options = options;
    const onError = (error: unknown): void =>
      onViolation(error instanceof Error ? error : new Error(String(error)), undefined);
    this.network = new SimNetwork(clock, random.fork('network'), {
      mix,
      clients: clientCount,
      onEvent: recorder && ((event) => recorder.recordCall(event)),
      onServiceError: onError,
    });
    this.clients = new Clients({
      count: clientCount,
      clock,
      random: random.fork('clients'),
      network: this.network,
      servers: mix.servers,
      recorder,
      onError,
    });
    const servers = Array.from({ length: mix.servers }, (_, server) => server);
    const voterCount = mix.servers - mix.learners;
    this.membership = new Membership(servers.slice(0, voterCount), servers.slice(voterCount));
    this.watch = new ClusterWatch(this.membership, (violation) => onViolation(violation, violation.server), [
      ...invariants,
      leaderIsNeverSilent({
        heartbeatIntervalMs: defaultConfig.heartbeatIntervalMs,
        slackMs: 2 * mix.turnMs + 1,
        activeMs: (server) => this.#servers[server]?.activeMs ?? 0,
      }),
      reached.asInvariant(),
    ]);
    const surroundings: Surroundings = {
      ...options,
      membership: this.membership,
      network: this.network,
      watch: this.watch,
      digests: [],
      isHealed: () => this.#isHealed,
      onStep: () => {
        this.#stepCount += 1;
      },
    };
    this.#servers = this.membership.members.map((id) => new SimServer(id, surroundings));
    for (const server of this.#servers) server.start();
  }

  /** Steps of all cores so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** The state of a server's core; undefined while it is crashed or its storage is still loading. */
  state(id: ServerId): RaftState | undefined {
    return this.#servers[id]?.state;
  }

  isRunning(id: ServerId): boolean {
    return this.#servers[id]?.isRunning === true;
  }

  isPaused(id: ServerId): boolean {
    return this.#servers[id]?.isPaused === true;
  }

  /** The running server that leads the highest term, if any server is a leader. */
  leader(): ServerId | undefined {
    let best: RaftState | undefined;
    for (const { state } of this.#servers) {
      if (state?.standing.role === 'leader' && state.currentTerm > (best?.currentTerm ?? 0)) best = state;
    }
    return best?.me;
  }

  /** Whether the disk of a server was ever wiped: it need not take part any more. */
  isWiped(id: ServerId): boolean {
    return this.#servers[id]?.isWiped === true;
  }

  /** How many servers have lost their disks. */
  get wipeCount(): number {
    return this.#servers.filter(({ isWiped }) => isWiped).length;
  }

  lastApplied(id: ServerId): number {
    return this.#servers[id]?.lastApplied ?? 0;
  }

  /** From now on disks neither fail nor are slow, services apply at once, and messages have short delays. */
  heal(): void {
    this.#isHealed = true;
    for (const server of this.#servers) server.heal();
    this.network.heal();
  }

  /** Inflicts the fault; one that does not apply, such as a crash of a crashed server, does nothing. */
  inflict(fault: Fault): void {
    const { trace, recorder } = this.#options;
    trace.fault(fault);
    const other = inflictBasic(fault, { servers: this.#servers, network: this.network, recorder });
    if (other !== undefined) this.#inflictOther(other);
  }

  #inflictOther(fault: OtherFault): void {
    switch (fault.kind) {
      case 'read':
        void this.read(fault.server);
        break;
      case 'transfer':
        void this.transfer(fault.server);
        break;
      case 'propose':
        this.#proposeMany(fault);
        break;
      case 'propose-on-arrival':
        this.#servers[fault.server]?.proposeOnArrival({
          when: fault.when,
          propose: () => this.#proposeMany(fault),
        });
        break;
      case 'operation':
        this.clients.begin(fault.client, fault.operation);
        break;
      case 'client-crash':
        this.clients.crash(fault.client);
        break;
      case 'wipe':
        if (this.#mayLoseDisk(fault.server)) this.#servers[fault.server]?.wipe(fault.to);
        break;
    }
  }

  /** A majority of the voters always keeps its disks: otherwise nothing could be expected of the cluster. */
  #mayLoseDisk(server: ServerId): boolean {
    const { voters } = this.membership;
    const keepers = [...voters].filter((voter) => voter !== server && !this.isWiped(voter));
    return (
      !this.isRunning(server) && this.membership.isQuorum(new Set(keepers)) && this.watch.isSpare(server)
    );
  }

  #proposeMany({ server, count }: { readonly server: ServerId; readonly count: number }): void {
    for (let done = 0; done < count; done += 1) this.propose(server);
  }

  /**
   * The service of a server asks for the index of a read. Undefined when the server is not there. Reports an index below what was
   * committed at the call: the invariants see only when the core hears of the read.
   */
  async read(id: ServerId): Promise<ReadIndexResult | undefined> {
    const least = this.watch.lastChosenIndex;
    const result = await this.#servers[id]?.read();
    if (result?.ok === true && result.index < least)
      this.#options.onViolation(
        new ReadViolation(
          `server ${id} reads at ${result.index}, but ${least} was committed before it asked`,
        ),
        id,
      );
    return result;
  }

  /** A server hands its leadership over. Undefined when the server is not there. */
  async transfer(id: ServerId): Promise<TransferResult | undefined> {
    return this.#servers[id]?.transfer();
  }

  /** Proposes the workload's next command; undefined if the server does not accept it. */
  propose(id: ServerId): { index: number; term: number } | undefined {
    const server = this.#servers[id];
    if (server === undefined || !server.isRunning || server.isPaused) return undefined;
    this.#proposalCount += 1;
    return server.propose(this.#options.application.command(this.#proposalCount));
  }

  /** Kills all servers and clients; returns the servers whose peers have not cleared their timers. */
  stop(): { server: ServerId; timers: number }[] {
    this.clients.stop();
    const left = this.#servers.map((server) => ({ server: server.id, timers: server.stop() }));
    const { disk, applyDelayMaxMs, diskStallMaxMs, slowServiceMs, isCareless } = this.#options.mix;
    // Slow disks and services have timers of their own, which the peer does not clear.
    if (disk !== 'instant' || applyDelayMaxMs + diskStallMaxMs + slowServiceMs > 0 || isCareless) return [];
    return left.filter(({ timers }) => timers > 0);
  }
}
