// A cluster under simulated faults: the production peer, core, codec and storage queue on a virtual clock. Every server
// has a clock that can stall, a disk that can be slow, fail and forget, and a service whose state is compared.
import { Persister, DelayingStorage, DiskError, type DiskHabits } from '@raftlab/persister';
import type { Storage } from '@raftlab/storage';
import { appliedIndexOf, Membership, type ApplyMsg, type ServerId } from '@raftlab/protocol';
import { valueCodec } from '@raftlab/rpc';
import type { RaftState } from '@raftlab/raft-core';
import type { Random, VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';
import {
  ClusterWatch,
  allInvariants,
  expectThat,
  Violation,
  bothObservers,
  type ServerObserver,
  type InvariantViolation,
  type Invariant,
} from '@raftlab/invariants';
import { show, stateObserver, type Recorder } from '@raftlab/trace';
import type { Fault } from './fault.ts';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';
import { ServerClock } from './server-clock.ts';
import type { MakePeer, SimulatedPeer, SimulatedService, SimulatedWorkload } from './service.ts';
import { SimNetwork } from './sim-network.ts';
import type { SimTrace } from './sim-trace.ts';

const commandCodec = valueCodec('command', z.unknown());

const disks: Readonly<Record<'fast' | 'slow', Omit<DiskHabits, 'failuresPer10000'>>> = {
  fast: { usualDelayMaxMs: 1, slowDelayMaxMs: 5, slowWritesPerHundred: 5, acknowledgementMaxMs: 1 },
  slow: { usualDelayMaxMs: 20, slowDelayMaxMs: 200, slowWritesPerHundred: 20, acknowledgementMaxMs: 20 },
};

/** Services that were handed the same differ, or one was handed what it must not be. */
class ServiceViolation extends Error {
  override readonly name: string = 'ServiceViolation';
  readonly property = 'Services agree';
}

/** One life of a server, from start to crash. */
interface Life {
  readonly id: number;
  readonly clock: ServerClock;
  readonly raft: SimulatedPeer;
  readonly service: SimulatedService;
  readonly observer: ServerObserver;
  lastApplied: number;
  /** Holds the core's state from the moment that storage has answered. */
  readonly begun: { readonly state: RaftState | undefined };
  isPaused: boolean;
  /** Ends what the service is busy with. A crash calls it too: a service that has gone must not be handed more. */
  finishApplying: () => void;
}

interface SimServer {
  readonly id: number;
  persister: Persister;
  life: Life | undefined;
  lives: number;
  /** What the next durable write brings, if it was asked for. */
  crashAtWrite: 'before' | 'after' | undefined;
}

export interface SimClusterOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mix: Mix;
  readonly workload: SimulatedWorkload;
  readonly make: MakePeer;
  readonly trace: SimTrace;
  readonly reached: Reached;
  /** `server`: at whose event it was noticed, where there is one. */
  readonly onViolation: (violation: Error, server?: ServerId) => void;
  readonly invariants?: readonly Invariant[];
  readonly recorder?: Recorder | undefined;
}

export class SimCluster {
  readonly network: SimNetwork;
  /** The simulated servers, numbered from 0. */
  readonly membership: Membership;
  readonly watch: ClusterWatch;
  readonly #options: SimClusterOptions;
  readonly #servers: SimServer[];
  /** The service's digest after each index, as the first server had it that applied it. */
  readonly #digests: (string | number)[] = [];
  #proposalCount = 0;
  #stepCount = 0;
  #isHealthy = false;

  constructor(options: SimClusterOptions) {
    const { clock, random, mix, onViolation, invariants = allInvariants() } = options;
    this.#options = options;
    const { recorder } = options;
    this.network = new SimNetwork(
      clock,
      random.fork('network'),
      mix,
      recorder && ((event) => recorder.recordCall(event)),
    );
    const report = (violation: InvariantViolation): void => onViolation(violation, violation.server);
    this.membership = Membership.ofSize(mix.servers);
    this.watch = new ClusterWatch(this.membership, report, [...invariants, this.#coverage()]);
    this.#servers = this.membership.members.map((id) => ({
      id,
      persister: new Persister(),
      life: undefined,
      lives: 0,
      crashAtWrite: undefined,
    }));
    for (const { id } of this.#servers) this.start(id);
  }

  /** Steps of all cores so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** What a server that runs thinks; undefined while it is crashed or still reads its storage. */
  state(id: number): RaftState | undefined {
    return this.#servers[id]?.life?.begun.state;
  }

  isRunning(id: number): boolean {
    return this.#servers[id]?.life !== undefined;
  }

  isPaused(id: number): boolean {
    return this.#servers[id]?.life?.isPaused === true;
  }

  /** The running server that leads the highest term, if any claims to. */
  leader(): number | undefined {
    let best: RaftState | undefined;
    for (const { life } of this.#servers) {
      const state = life?.begun.state;
      if (state?.standing.role === 'leader' && state.currentTerm > (best?.currentTerm ?? 0)) best = state;
    }
    return best?.me;
  }

  lastApplied(id: number): number {
    return this.#servers[id]?.life?.lastApplied ?? 0;
  }

  /** From now on disks neither fail nor dawdle, and services are quick. */
  heal(): void {
    this.#isHealthy = true;
    for (const server of this.#servers) server.crashAtWrite = undefined;
    this.network.heal();
  }

  /** Does what the fault says; what makes no sense at the moment (a crash of a crashed server) does nothing. */
  inflict(fault: Fault): void {
    this.#options.trace.fault(fault);
    switch (fault.kind) {
      case 'crash':
        this.crash(fault.server);
        break;
      case 'crash-at-write': {
        const server = this.#servers[fault.server];
        if (server !== undefined) server.crashAtWrite = fault.when;
        break;
      }
      case 'restart':
        if (!this.isRunning(fault.server)) this.start(fault.server);
        break;
      case 'pause':
        this.#pause(fault.server);
        break;
      case 'resume':
        this.resume(fault.server);
        break;
      case 'cut':
        this.#setLink('cut', fault.from, fault.to);
        break;
      case 'join':
        this.#setLink('join', fault.from, fault.to);
        break;
      case 'join-all':
        for (const { id: from } of this.#servers) {
          for (const { id: to } of this.#servers) this.#setLink('join', from, to);
        }
        break;
      case 'propose':
        for (let count = 0; count < fault.count; count += 1) this.propose(fault.server);
        break;
    }
  }

  propose(id: number): { index: number; term: number } | undefined {
    const life = this.#servers[id]?.life;
    if (life === undefined || life.isPaused) return undefined;
    this.#proposalCount += 1;
    const command = this.#options.workload.command(this.#proposalCount);
    const started = life.raft.start(command);
    if (started.isLeader) {
      const { index } = started;
      this.#options.recorder?.record({ kind: 'propose', server: id, command: show(command), index });
    }
    return started.isLeader ? started : undefined;
  }

  crash(id: number): void {
    const server = this.#servers[id];
    if (server?.life === undefined) return;
    const { life } = server;
    server.life = undefined;
    server.crashAtWrite = undefined;
    // The disk of the old life goes on writing into the old persister, which nobody reads any more.
    server.persister = server.persister.copy();
    this.network.attach(id, undefined);
    this.watch.onCrash(id);
    this.#options.recorder?.record({ kind: 'crash', server: id });
    life.raft.kill();
    life.finishApplying();
    life.clock.stop();
  }

  start(id: number): void {
    const server = this.#servers[id];
    if (server === undefined || server.life !== undefined) return;
    server.lives += 1;
    const { clock, random, mix, workload, make, recorder } = this.#options;
    const { persister, lives } = server;
    const lifeRandom = random.fork(`server ${id} life ${lives}`);
    const serverClock = new ServerClock(clock);
    const run = (action: () => void): void => serverClock.run(action);
    const service = workload.createService();
    recorder?.record({ kind: 'start', server: id });
    const watching = this.watch.observe(id, persister);
    const observer = bothObservers(watching, recorder && stateObserver(recorder, id)) ?? watching;
    const stored = persister.load();
    if (stored?.snapshot !== undefined) service.restore(stored.snapshot.data);
    this.#noteRestart(lives, stored);
    const peers = this.#servers.map((_, to) => {
      const end = this.network.end(id, to, run);
      return recorder?.watch(end, { from: id, to }) ?? end;
    });
    // A disk that answers at once lets the peer begin before `make` returns.
    const begun: { state: RaftState | undefined } = { state: undefined };
    const raft = make(
      peers,
      id,
      this.#storage(server, serverClock, lifeRandom.fork('disk'), observer),
      (message) => this.#apply(server, lives, message, lifeRandom, serverClock),
      {
        clock: serverClock,
        random: lifeRandom.fork('raft'),
        commandCodec,
        config: { ...mix.messageBounds, appendsNoop: mix.appendsNoop },
        observer: {
          ...observer,
          onBegin: (state) => {
            begun.state = state;
            observer.onBegin?.(state);
          },
          onStep: (input, outputs, state) => {
            this.#stepCount += 1;
            this.#options.trace.step(id, input, state);
            observer.onStep?.(input, outputs, state);
          },
        },
        onError: (error) => this.#onStopped(server, life, error),
      },
    );
    const life: Life = {
      id,
      clock: serverClock,
      raft,
      service,
      observer,
      lastApplied: stored?.snapshot?.lastIncludedIndex ?? 0,
      begun,
      isPaused: false,
      finishApplying: () => undefined,
    };
    server.life = life;
    this.network.attach(id, { service: raft.service, run });
  }

  resume(id: number): void {
    const life = this.#servers[id]?.life;
    if (life?.isPaused !== true) return;
    if (life.begun.state?.standing.role === 'leader') this.#options.reached.note('paused leader went on');
    life.isPaused = false;
    this.#options.recorder?.record({ kind: 'resume', server: id });
    life.clock.resume();
  }

  /** Kills everything; gives the servers whose peers left timers behind. */
  stop(): { server: number; timers: number }[] {
    const leaks: { server: number; timers: number }[] = [];
    for (const { id, life } of this.#servers) {
      if (life === undefined) continue;
      life.raft.kill();
      this.network.attach(id, undefined);
      if (this.#options.mix.disk === 'instant' && this.#options.mix.applyDelayMaxMs === 0) {
        // Disks and services have timers of their own, which are not the peer's to clear.
        if (life.clock.timerCount > 0) leaks.push({ server: id, timers: life.clock.timerCount });
      }
      life.clock.stop();
    }
    return leaks;
  }

  #setLink(kind: 'cut' | 'join', from: number, to: number): void {
    if (this.network[kind](from, to)) this.#options.recorder?.record({ kind, from, to });
  }

  #pause(id: number): void {
    const life = this.#servers[id]?.life;
    if (life === undefined) return;
    life.isPaused = true;
    this.#options.recorder?.record({ kind: 'pause', server: id });
    life.clock.pause();
  }

  #storage(server: SimServer, clock: ServerClock, random: Random, observer: ServerObserver): Storage {
    const { mix, reached } = this.#options;
    const { persister, lives } = server;
    const isThisLife = (): boolean => server.lives === lives && server.life !== undefined;
    if (mix.disk === 'instant') {
      return {
        load: () => persister.load(),
        write: (batch) => {
          persister.write(batch);
          observer.onDurable(batch);
        },
        close: () => persister.close(),
      };
    }
    const sick = { ...disks[mix.disk], failuresPer10000: mix.diskFailuresPer10000 };
    const healthy = { ...disks.fast, failuresPer10000: 0 };
    const habits = (): DiskHabits => (this.#isHealthy ? healthy : sick);
    return new DelayingStorage(
      persister,
      { clock, random, habits },
      {
        beforeDurable: () => {
          if (server.crashAtWrite !== 'before' || !isThisLife()) return true;
          this.crash(server.id);
          return false;
        },
        onDurable: (batch) => {
          observer.onDurable(batch);
          if (server.crashAtWrite !== 'after' || !isThisLife()) return;
          reached.note('crash between a write and its reply');
          this.crash(server.id);
        },
      },
    );
  }

  #apply(
    server: SimServer,
    lives: number,
    message: ApplyMsg,
    random: Random,
    clock: ServerClock,
  ): void | Promise<void> {
    const life = server.lives === lives ? server.life : undefined;
    try {
      expectThat(life !== undefined, () => `server ${server.id} hands its service something after its crash`);
      this.#applyNow(life, message);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      const violation = cause instanceof Violation ? new ServiceViolation(cause.message) : cause;
      this.#options.onViolation(violation, server.id);
      return undefined;
    }
    const { applyDelayMaxMs } = this.#options.mix;
    if (applyDelayMaxMs === 0 || this.#isHealthy || !random.chance(1, 4)) return undefined;
    return new Promise((resolve) => {
      life.finishApplying = resolve;
      clock.setTimer(random.uniform(0, applyDelayMaxMs), resolve);
    });
  }

  #applyNow(life: Life, message: ApplyMsg): void {
    const { service } = life;
    const index = appliedIndexOf(message);
    if (message.snapshotValid) {
      expectThat(
        index > life.lastApplied,
        () => `a snapshot up to ${index} moves a service back that has applied ${life.lastApplied}`,
      );
      service.restore(message.snapshot);
    } else {
      expectThat(
        index === life.lastApplied + 1,
        () => `the service is handed ${index} after ${life.lastApplied}`,
      );
      this.#expectRightKind(life, message, index);
      // A noop changes no service, but it takes an index.
      if (message.commandValid) service.apply(message.command);
    }
    life.lastApplied = index;
    this.#options.recorder?.record({
      kind: 'apply',
      server: life.id,
      index,
      ...(message.commandValid && { command: show(message.command) }),
    });
    const digest = service.digest();
    this.#digests[index] ??= digest;
    expectThat(
      this.#digests[index] === digest,
      () => `after ${index} the services differ: ${digest}, and ${this.#digests[index]} elsewhere`,
    );
    const { snapshotEvery } = this.#options.mix;
    if (snapshotEvery > 0 && index % snapshotEvery === 0 && !message.snapshotValid) {
      if (!message.commandValid) this.#options.reached.note('snapshot up to a noop');
      life.raft.snapshot(index, service.snapshot());
    }
  }

  /** What is a command in the log is handed over as a command, and nothing else is. */
  #expectRightKind({ begun }: Life, { commandValid }: ApplyMsg, index: number): void {
    // The entry may be gone: a snapshot that was installed meanwhile replaces it, and waits behind this message.
    const kind = begun.state?.log.entryAt(index)?.kind ?? (commandValid ? 'command' : 'noop');
    expectThat(
      commandValid === (kind === 'command'),
      () =>
        `the service is handed ${index} as a ${commandValid ? 'command' : 'noop'}; in the log it is a ${kind}`,
    );
    expectThat(
      commandValid || this.#options.mix.appendsNoop,
      () => `the service is handed a noop at ${index}, but no leader may append one`,
    );
  }

  /** A failed disk stops its server as a crash does; anything else that stops a peer is a broken rule. */
  #onStopped(server: SimServer, life: Life, error: Error): void {
    if (server.life !== life) return;
    if (error.cause instanceof DiskError) {
      this.#options.reached.note('failed write');
      this.crash(server.id);
      return;
    }
    this.#options.onViolation(error, server.id);
  }

  #noteRestart(lives: number, stored: ReturnType<Persister['load']>): void {
    if (lives === 1 || stored === undefined) return;
    if (stored.snapshot !== undefined) this.#options.reached.note('restart from a snapshot');
    if (stored.entries.length > 0) this.#options.reached.note('restart with entries');
  }

  /** Not a property: notes what the run has met. */
  #coverage(): Invariant {
    const { reached } = this.#options;
    return {
      name: 'coverage',
      statement: 'what a simulation must meet',
      source: 'here',
      onStep: (event) => reached.observe(event),
    };
  }
}
