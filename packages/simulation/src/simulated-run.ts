// One simulated run: its faults, drawn or given, its liveness phase, and its end.
import type { Invariant } from '@raftlab/invariants';
import type { ServerId } from '@raftlab/protocol';
import { Random, VirtualClock } from '@raftlab/runtime';
import { Recorder } from '@raftlab/trace';
import type { WalDiskOptions } from '@raftlab/wal/simulated';
import type { Fault, TimedFault } from './fault.ts';
import { LivenessViolation, type LivenessOptions } from './healed-cluster.ts';
import { checkLiveness } from './liveness.ts';
import { drawMix, withLargerChunks, type Mix, type MixOverrides } from './mix.ts';
import { drawFaults, drawProposalCount, drawWipe } from './nemesis.ts';
import { drawClientCrashes, drawInterruptions, drawOperations } from './key-value/draw-operations.ts';
import { drawKeyValueMix, type KeyValueMix } from './key-value/key-value-mix.ts';
import { keyValueApplication, type MakeKeyValueServer } from './key-value/key-value-service.ts';
import type { Application } from './life-service.ts';
import { payloadWorkload } from './payload-workload.ts';
import { Reached } from './reached.ts';
import { applicationOf } from './service-reader.ts';
import { OutsideCluster } from './outside/outside-cluster.ts';
import { drawOutsideMix } from './outside/outside-mix.ts';
import { drawOutsideFaults } from './outside/outside-nemesis.ts';
import type { OutsideRaft } from './outside/outside-peer.ts';
import { checkProgress } from './outside/outside-progress.ts';
import type { RunCluster } from './run-cluster.ts';
import { chainWorkload, type MakePeer, type SimulatedWorkload } from './service.ts';
import { SimCluster } from './sim-cluster.ts';
import { SimTrace } from './sim-trace.ts';
import type { SimulationReport, SimulationViolation } from './simulation-report.ts';

export interface RunOptions {
  readonly seed: number;
  readonly overrides?: MixOverrides;
  /** Faults and proposals to inflict instead of drawing any: of a recorded run, or those that shrinking kept. */
  readonly faults?: readonly TimedFault[];
  /** `chainWorkload` by default, or commands of the sizes that the mix has drawn. */
  readonly workload?: SimulatedWorkload;
  /** Simulates the key/value service of packages/kv with clients instead of a workload, and checks what they see. */
  readonly keyValue?: { readonly makeServer?: MakeKeyValueServer };
  readonly make: MakePeer;
  /** Opens the write-ahead logs of a run that has them: `openWal` unless set. */
  readonly openLog?: WalDiskOptions['open'];
  /** A Raft that reports no steps, instead of `make`, `workload` and `invariants`: it is checked from outside. */
  readonly outside?: OutsideRaft;
  readonly invariants?: readonly Invariant[];
  /** Keeps the run's events for the report. Recording does not change the run. */
  readonly isRecorded?: boolean;
}

/** A cluster that has started, and what depends on its kind. */
interface OpenRun {
  readonly cluster: RunCluster;
  /** Of our key/value service; undefined where there is none. */
  readonly clients: SimCluster['clients'] | undefined;
  /** Draws the faults of one moment. */
  readonly draw: typeof drawFaults;
  /** Faults have ended: heals, and rejects if a property of progress is violated. */
  readonly checkEnd: () => Promise<void>;
}

/** Runs once. */
export class SimulatedRun {
  readonly #options: RunOptions;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #mix: Mix;
  /** Undefined when the service is another. */
  readonly #keyValueMix: KeyValueMix | undefined;
  readonly #trace: SimTrace;
  readonly #recorder: Recorder | undefined;
  readonly #reached = new Reached();
  /** The inflicted faults. */
  readonly #faults: TimedFault[] = [];
  /** Aborted by the first violation. */
  readonly #over = new AbortController();
  #violation: SimulationViolation | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = Random.fromSeed(options.seed);
    // Node reports an unhandled rejection when its event loop runs: soon, so that it is near its cause.
    this.#clock = new VirtualClock(options.outside && { eventsPerBreath: 8 });
    const drawn = options.outside === undefined ? drawMix : drawOutsideMix;
    const mix = drawn(this.#random.fork('mix'), options.overrides);
    this.#keyValueMix = options.keyValue && drawKeyValueMix(this.#random.fork('key-value'));
    const { faultIntervalMs } = this.#keyValueMix ?? mix;
    const hasOwnPayloads = options.workload === undefined && options.keyValue === undefined;
    this.#mix = { ...(hasOwnPayloads ? mix : withLargerChunks(mix)), faultIntervalMs };
    this.#trace = new SimTrace(() => this.#clock.now());
    this.#recorder = options.isRecorded === true ? new Recorder(this.#clock, this.#mix.servers) : undefined;
  }

  async toEnd(): Promise<SimulationReport> {
    let opened: OpenRun | undefined;
    const main = async (): Promise<void> => {
      opened = this.#open();
      await this.#runOn(opened);
    };
    await this.#clock.run(main).catch((error: unknown) => this.#onViolation(error));
    const network = opened?.cluster.network.tallies ?? { sent: 0, delivered: 0, lost: 0, duplicated: 0 };
    return {
      seed: this.#options.seed,
      mix: this.#mix,
      events: (opened?.cluster.stepCount ?? 0) + network.sent,
      virtualMs: this.#clock.now(),
      traceHash: this.#trace.digest(),
      network,
      faultCounts: countKinds(this.#faults),
      reached: this.#reached,
      faults: this.#faults,
      operations: opened?.clients?.counts ?? { checked: 0, unknown: 0 },
      violation: this.#violation,
      record: this.#recorder?.recorded(),
    };
  }

  #open(): OpenRun {
    const { outside } = this.#options;
    const liveness = (): LivenessOptions => ({
      clock: this.#clock,
      random: this.#random.fork('liveness'),
      mix: this.#mix,
      signal: this.#over.signal,
    });
    if (outside === undefined) {
      const cluster = this.#makeCluster();
      const { clients } = cluster;
      return { cluster, clients, draw: drawFaults, checkEnd: () => checkLiveness(cluster, liveness()) };
    }
    const cluster = new OutsideCluster({
      clock: this.#clock,
      random: this.#random.fork('cluster'),
      mix: this.#mix,
      raft: outside,
      trace: this.#trace,
      recorder: this.#recorder,
      onViolation: (violation, server) => this.#onViolation(violation, server),
    });
    const checkEnd = (): Promise<void> => checkProgress(cluster, liveness());
    return { cluster, clients: undefined, draw: drawOutsideFaults, checkEnd };
  }

  #makeCluster(): SimCluster {
    const { make, openLog, invariants } = this.#options;
    return new SimCluster({
      clock: this.#clock,
      random: this.#random.fork('cluster'),
      mix: this.#mix,
      application: this.#application(),
      clientCount: this.#keyValueMix?.clients ?? 0,
      make,
      openLog,
      invariants,
      trace: this.#trace,
      reached: this.#reached,
      recorder: this.#recorder,
      onViolation: (violation, server) => this.#onViolation(violation, server),
    });
  }

  #application(): Application {
    const { keyValue } = this.#options;
    if (this.#keyValueMix !== undefined) return keyValueApplication({ ...this.#keyValueMix, ...keyValue });
    const { payload } = this.#mix;
    const own = payload === undefined ? chainWorkload : payloadWorkload(payload);
    return applicationOf(this.#options.workload ?? own);
  }

  async #runOn({ cluster, clients, draw, checkEnd }: OpenRun): Promise<void> {
    const { faults } = this.#options;
    try {
      if (faults === undefined) await this.#inflictDrawn({ cluster, clients, draw });
      else await this.#inflictGiven(cluster, faults);
      await checkEnd();
      const [leak] = cluster.stop();
      if (leak !== undefined) {
        throw new LivenessViolation(`L7: server ${leak.server} left ${leak.timers} timers behind`);
      }
      if (this.#violation === undefined) clients?.check();
    } catch (error) {
      this.#onViolation(error);
      cluster.stop();
    }
  }

  /** Clients propose while the nemesis inflicts faults, until the fault phase ends. */
  async #inflictDrawn({ cluster, clients, draw }: Omit<OpenRun, 'checkEnd'>): Promise<void> {
    const { faultPhaseMs, faultIntervalMs, proposalIntervalMs, proposesOnArrival, servers } = this.#mix;
    const nemesis = this.#random.fork('nemesis');
    const wipes = this.#random.fork('wipes');
    const client = this.#random.fork('client');
    const arrivals = this.#random.fork('arrivals');
    const pause = (meanMs: number, random: Random): Promise<void> =>
      this.#clock.sleep(random.uniform(0, 2 * meanMs), this.#over.signal);
    const isOver = (): boolean => this.#clock.now() >= faultPhaseMs;
    const propose = async (): Promise<void> => {
      // The clients of the key/value service have operations of their own.
      if (this.#keyValueMix !== undefined) return;
      while (!isOver()) {
        await pause(proposalIntervalMs, client);
        // Mostly to the leader, since others refuse; but also to any server.
        const server = client.chance(4, 5) ? cluster.leader() : client.int(0, servers - 1);
        if (server === undefined) continue;
        const count = drawProposalCount(this.#mix, client);
        const comesAlong = proposesOnArrival && arrivals.chance(1, 2);
        const when = arrivals.pick(['before', 'after'] as const);
        this.#inflict(
          cluster,
          comesAlong
            ? { kind: 'propose-on-arrival', server, count, when }
            : { kind: 'propose', server, count },
        );
      }
    };
    const harm = async (): Promise<void> => {
      while (!isOver()) {
        await pause(faultIntervalMs, nemesis);
        for (const fault of draw(this.#mix, cluster, nemesis)) this.#inflict(cluster, fault);
        for (const fault of drawWipe(this.#mix, cluster, wipes)) this.#inflict(cluster, fault);
      }
    };
    const ask = async (kind: 'read' | 'transfer', intervalMs: number): Promise<void> => {
      if (intervalMs === 0) return;
      const asker = this.#random.fork(`${kind}s`);
      for (;;) {
        const waitMs = asker.uniform(0, 2 * intervalMs);
        // It must not make the fault phase longer.
        if (this.#clock.now() + waitMs >= faultPhaseMs) return;
        await this.#clock.sleep(waitMs, this.#over.signal);
        // Reads come from anywhere; a transfer makes sense at the leader, and is refused elsewhere.
        const any = asker.int(0, servers - 1);
        const server = kind === 'transfer' && asker.chance(4, 5) ? cluster.leader() : any;
        if (server !== undefined) this.#inflict(cluster, { kind, server });
      }
    };
    const { readIntervalMs, transferIntervalMs } = this.#mix;
    await Promise.all([
      propose(),
      harm(),
      ask('read', readIntervalMs),
      ask('transfer', transferIntervalMs),
      ...this.#clientTasks({ cluster, clients }, isOver),
    ]);
  }

  /** Clients of the key/value service begin operations, and crash, until the fault phase ends. */
  #clientTasks(
    { cluster, clients }: Pick<OpenRun, 'cluster' | 'clients'>,
    isOver: () => boolean,
  ): Promise<void>[] {
    const mix = this.#keyValueMix;
    if (mix === undefined || clients === undefined) return [];
    const inflict = (fault: Fault): void => this.#inflict(cluster, fault);
    const options = {
      clients,
      clock: this.#clock,
      signal: this.#over.signal,
      isOver,
      inflict,
    };
    return [
      drawOperations(mix, this.#random.fork('operations'), options),
      drawClientCrashes(mix, this.#random.fork('client crashes'), options),
      drawInterruptions(mix, this.#random.fork('interruptions'), { ...options, cluster, mix: this.#mix }),
    ];
  }

  async #inflictGiven(cluster: RunCluster, given: readonly TimedFault[]): Promise<void> {
    for (const { atMs, fault } of given) {
      await this.#sleepUntil(atMs);
      this.#inflict(cluster, fault);
    }
    // Healing must not start earlier than before, even if the last faults were removed.
    await this.#sleepUntil(this.#mix.faultPhaseMs);
  }

  async #sleepUntil(atMs: number): Promise<void> {
    const now = this.#clock.now();
    if (now < atMs) await this.#clock.sleep(atMs - now, this.#over.signal);
  }

  #inflict(cluster: RunCluster, fault: Fault): void {
    if (this.#over.signal.aborted) return;
    this.#faults.push({ atMs: this.#clock.now(), fault });
    cluster.inflict(fault);
  }

  /** Only the first violation counts: later ones may follow from it. */
  #onViolation(thrown: unknown, server?: ServerId): void {
    if (this.#violation !== undefined) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const property = 'property' in error && typeof error.property === 'string' ? error.property : error.name;
    const message = [error.message, ...(this.#options.outside?.explain(error) ?? [])].join('\n');
    this.#violation = { property, message, atMs: this.#clock.now(), recent: this.#trace.recent() };
    this.#recorder?.record({ kind: 'failure', name: property, message, server });
    this.#over.abort(error);
  }
}

function countKinds(faults: readonly TimedFault[]): Map<Fault['kind'], number> {
  const counts = new Map<Fault['kind'], number>();
  for (const { fault } of faults) counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
  return counts;
}
