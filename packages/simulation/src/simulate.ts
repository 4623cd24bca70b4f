// One simulated run: a mix is drawn from the seed, faults come while clients propose, then a majority is healed and
// must make progress. The first property that does not hold ends the run.
import type { ServerId } from '@raftlab/protocol';
import { make } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import type { Invariant } from '@raftlab/invariants';
import type { Fault, TimedFault } from './fault.ts';
import { Recorder, type RunRecord } from '@raftlab/trace';
import { checkLiveness, LivenessViolation } from './liveness.ts';
import { drawMix, type Mix, type MixOverrides } from './mix.ts';
import { drawFaults } from './nemesis.ts';
import { Reached } from './reached.ts';
import { chainWorkload, type MakePeer, type SimulatedWorkload } from './service.ts';
import { SimCluster } from './sim-cluster.ts';
import type { NetworkTallies } from './sim-network.ts';
import { SimTrace } from './sim-trace.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly overrides?: MixOverrides;
  /** Faults and proposals to inflict instead of drawing any: a recorded run, or what shrinking left of one. */
  readonly faults?: readonly TimedFault[];
  readonly workload?: SimulatedWorkload;
  /** raft-core's by default. */
  readonly make?: MakePeer;
  readonly invariants?: readonly Invariant[];
  /** Keeps the run's events for the report. The run itself is the same with and without. */
  readonly isRecorded?: boolean;
}

export interface SimulationReport {
  readonly seed: number;
  readonly mix: Mix;
  /** Steps of all cores, and messages sent. */
  readonly events: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  readonly network: NetworkTallies;
  /** How often each kind of fault was inflicted. */
  readonly faultCounts: ReadonlyMap<Fault['kind'], number>;
  readonly reached: Reached;
  /** Every fault and proposal, with its time. */
  readonly faults: readonly TimedFault[];
  readonly violation: SimulationViolation | undefined;
  /** Undefined unless it was asked for. */
  readonly record: RunRecord | undefined;
}

export interface SimulationViolation {
  /** The property, e.g. `Election Safety`; or the name of the error. */
  readonly property: string;
  readonly message: string;
  readonly atMs: number;
  /** The last steps and faults before it, oldest first. */
  readonly recent: readonly string[];
}

export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  const clock = new VirtualClock();
  const random = Random.fromSeed(options.seed);
  const mix = drawMix(random.fork('mix'), options.overrides);
  const trace = new SimTrace(() => clock.now());
  const recorder = options.isRecorded === true ? new Recorder(clock, mix.servers) : undefined;
  const reached = new Reached();
  const faults: TimedFault[] = [];
  const over = new AbortController();
  let violation: SimulationViolation | undefined;
  let events = 0;
  let network: NetworkTallies = { sent: 0, delivered: 0, lost: 0, duplicated: 0 };

  const onViolation = (error: Error, server?: ServerId): void => {
    if (violation !== undefined) return;
    const property = 'property' in error && typeof error.property === 'string' ? error.property : error.name;
    violation = { property, message: error.message, atMs: clock.now(), recent: trace.recent() };
    recorder?.record({ kind: 'failure', name: property, message: error.message, server });
    over.abort(error);
  };

  async function main(): Promise<void> {
    const cluster = new SimCluster({
      clock,
      random: random.fork('cluster'),
      mix,
      workload: options.workload ?? chainWorkload,
      trace,
      reached,
      onViolation,
      make: options.make ?? make,
      recorder,
      ...(options.invariants !== undefined && { invariants: options.invariants }),
    });
    const inflict = (fault: Fault): void => {
      if (over.signal.aborted) return;
      faults.push({ atMs: clock.now(), fault });
      cluster.inflict(fault);
    };
    try {
      if (options.faults === undefined) await drawnFaults(cluster, inflict);
      else await givenFaults(options.faults, inflict);
      await checkLiveness(cluster, { clock, random: random.fork('liveness'), mix, signal: over.signal });
      const [leak] = cluster.stop();
      if (leak !== undefined)
        throw new LivenessViolation(`L7: server ${leak.server} left ${leak.timers} timers behind`);
    } catch (error) {
      onViolation(error instanceof Error ? error : new Error(String(error)));
      cluster.stop();
    }
    events = cluster.stepCount + cluster.network.tallies.sent;
    network = cluster.network.tallies;
  }

  async function drawnFaults(cluster: SimCluster, inflict: (fault: Fault) => void): Promise<void> {
    const nemesis = random.fork('nemesis');
    const client = random.fork('client');
    const sleep = (meanMs: number, source: Random): Promise<void> =>
      clock.sleep(source.uniform(0, 2 * meanMs), over.signal);
    const isOver = (): boolean => clock.now() >= mix.faultPhaseMs;
    const propose = async (): Promise<void> => {
      while (!isOver()) {
        await sleep(mix.proposalIntervalMs, client);
        // Mostly at who leads, since others refuse; but also at anybody.
        const server = client.chance(4, 5) ? cluster.leader() : client.int(0, mix.servers - 1);
        if (server === undefined) continue;
        inflict({ kind: 'propose', server, count: client.int(1, mix.proposalBatchMax) });
      }
    };
    const harm = async (): Promise<void> => {
      while (!isOver()) {
        await sleep(mix.faultIntervalMs, nemesis);
        for (const fault of drawFaults(mix, cluster, nemesis)) inflict(fault);
      }
    };
    await Promise.all([propose(), harm()]);
  }

  async function givenFaults(given: readonly TimedFault[], inflict: (fault: Fault) => void): Promise<void> {
    for (const { atMs, fault } of given) {
      if (atMs > clock.now()) await clock.sleep(atMs - clock.now(), over.signal);
      inflict(fault);
    }
    // Healing must not come earlier than it did, even when the last faults were left out.
    if (clock.now() < mix.faultPhaseMs) await clock.sleep(mix.faultPhaseMs - clock.now(), over.signal);
  }

  await clock.run(main).catch(onViolation);
  const faultCounts = new Map<Fault['kind'], number>();
  for (const { fault } of faults) faultCounts.set(fault.kind, (faultCounts.get(fault.kind) ?? 0) + 1);
  return {
    seed: options.seed,
    mix,
    events,
    virtualMs: clock.now(),
    traceHash: trace.digest(),
    network,
    faultCounts,
    reached,
    faults,
    violation,
    record: recorder?.recorded(),
  };
}
