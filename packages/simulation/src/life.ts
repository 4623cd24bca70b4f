// One life of one simulated server, from a start to a crash: a peer of production code, a service, and a clock that can stall.
// After a crash the clock may go on for a while, and what the old life still does must have no effect.
import { bothObservers, type ClusterWatch } from '@raftlab/invariants';
import type { ApplyMsg, Membership, ServerId, Snapshot } from '@raftlab/protocol';
import {
  defaultConfig,
  type PeerStoppedError,
  type RaftConfig,
  type RaftObserver,
  type RaftState,
  type ReadIndexResult,
  type TransferResult,
} from '@raftlab/raft-core';
import { valueCodec, type ClientEnd, type Service } from '@raftlab/rpc';
import type { Random, VirtualClock } from '@raftlab/runtime';
import type { StoredState } from '@raftlab/storage';
import { stateObserver, type Recorder } from '@raftlab/trace';
import type { WalDiskOptions } from '@raftlab/wal/simulated';
import { z } from 'zod';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';
import { ServerClock } from './server-clock.ts';
import { ServiceChannel } from './service-channel.ts';
import type { Application, LifeService, ServiceDigests } from './life-service.ts';
import type { MakePeer, SimulatedPeer } from './service.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimTrace } from './sim-trace.ts';

const commandCodec = valueCodec('command', z.unknown());

/** A server acted after its crash. */
class AfterlifeViolation extends Error {
  override readonly name: string = 'AfterlifeViolation';
  readonly property = 'Old lives have no effect';
}

/** The state that all starts of all servers of a run share. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mix: Mix;
  readonly membership: Membership;
  readonly application: Application;
  readonly make: MakePeer;
  /** Opens the write-ahead log of a server: `openWal` unless set. */
  readonly openLog?: WalDiskOptions['open'];
  readonly network: SimNetwork;
  readonly watch: ClusterWatch;
  readonly trace: SimTrace;
  readonly reached: Reached;
  readonly recorder: Recorder | undefined;
  readonly digests: ServiceDigests;
  /** Faults have ended: services apply at once. */
  readonly isHealed: () => boolean;
  /** Counts the steps of all cores. */
  readonly onStep: () => void;
  /** `server` is the server whose event revealed the violation, if it was one. */
  readonly onViolation: (violation: Error, server: ServerId | undefined) => void;
}

/** A transfer of leadership goes on for ever. */
class TransferViolation extends Error {
  override readonly name: string = 'TransferViolation';
  readonly property = 'Transfers end';
}

/** An election timeout, and what a timer may be late. */
const transferWithinMs = defaultConfig.electionTimeoutMaxMs + 50;

/** Of the entries that stay in the log before a snapshot: more than any run has there. */
const tailMaxBytes = 1_000_000;

export interface LifeOptions {
  readonly id: ServerId;
  /** Counts the starts of this server, from 1. */
  readonly number: number;
  readonly disk: SimDisk;
  /** Crashes the server. */
  readonly crash: () => void;
  /** Whether the disk of the server was ever wiped. */
  readonly isWiped: () => boolean;
  /** Runs what an arriving message causes, on the clock of this life. */
  readonly onArrival: (life: Life, action: () => void) => void;
}

export class Life {
  readonly clock: ServerClock;
  readonly peer: SimulatedPeer;
  isPaused = false;
  readonly #surroundings: Surroundings;
  readonly #options: LifeOptions;
  readonly #random: Random;
  readonly #service: LifeService;
  /** Undefined until storage has loaded. */
  #state: RaftState | undefined;
  readonly #channel: ServiceChannel;
  readonly #onDeliver: (message: ApplyMsg) => void;
  #isOver = false;
  #hasDiskFailed = false;
  /** Of the message that the peer sends now: as on a transport of its own, only such ones overtake others on a link. */
  #isUrgent = false;

  /** Starts the peer. It is not attached to the network yet. */
  constructor(surroundings: Surroundings, options: LifeOptions) {
    const { clock, random, mix, application, make, recorder, digests } = surroundings;
    const { id, number, disk } = options;
    this.#surroundings = surroundings;
    this.#options = options;
    this.#random = random.fork(`server ${id} life ${number}`);
    this.clock = new ServerClock(clock, mix.turnMs);
    recorder?.record({ kind: 'start', server: id });
    let stored: StoredState | undefined;
    const watching = surroundings.watch.observe(id, { load: () => stored });
    const observer = bothObservers(watching, recorder && stateObserver(recorder, id));
    this.#onDeliver = (message) => observer.onDeliver?.(message);
    this.#service = application.makeService({
      server: id,
      clock: this.clock,
      digests,
      mix,
      reached: surroundings.reached,
      recorder,
      state: () => this.#state,
      peer: () => this.peer,
      takeSnapshot: (index, data) => this.#channel.takeSnapshot(index, data),
    });
    this.#channel = new ServiceChannel({
      server: id,
      clock: this.clock,
      random: this.#random.fork('service'),
      mix,
      reached: surroundings.reached,
      isHealed: surroundings.isHealed,
      take: (message) => this.#service.take(message),
      snapshot: (index, data) => this.peer.snapshot(index, data),
      onViolation: (violation) => surroundings.onViolation(violation, id),
    });
    const storage = disk.open({
      clock: this.clock,
      random: this.#random.fork('disk'),
      watch: {
        onLoaded: (state) => {
          stored = state;
          this.#restoreService(state?.snapshot);
          this.#noteRestart(state);
        },
        onDurable: (batch) => observer.onDurable(batch),
      },
      crash: (when) => this.#crashAtWrite(when),
      onWrite: () => this.#expectAlive('writes to its storage'),
      onFailure: () => {
        this.#hasDiskFailed = true;
      },
    });
    this.peer = make({
      peers: this.#makeEnds(),
      me: id,
      storage,
      applyCh: (message) => this.#apply(message),
      clock: this.clock,
      random: this.#random.fork('raft'),
      membership: surroundings.membership,
      commandCodec,
      config: configOf(mix),
      observer: this.#withSteps(observer),
      onError: (error) => this.#onStopped(error),
    });
  }

  /** The observer, and the state and the steps of this peer for the run. */
  #withSteps(observer: RaftObserver): RaftObserver {
    const { onStep, trace } = this.#surroundings;
    return {
      ...observer,
      onBegin: (state) => {
        this.#state = state;
        observer.onBegin?.(state);
      },
      onSend: (envelope) => {
        this.#isUrgent = envelope.isUrgent;
        observer.onSend?.(envelope);
      },
      onStep: (input, outputs, state) => {
        this.#expectAlive('takes a step');
        onStep();
        trace.step(this.#options.id, input, state);
        observer.onStep?.(input, outputs, state);
      },
    };
  }

  #makeEnds(): ClientEnd[] {
    const { membership, network, recorder } = this.#surroundings;
    const { id } = this.#options;
    const run = (action: () => void): void => this.#options.onArrival(this, action);
    return membership.members.map((to) => {
      const end = network.end(id, to, run, () => this.#isUrgent);
      const watched = recorder?.watch(end, { from: id, to }) ?? end;
      return {
        call: (method, args) => {
          this.#expectAlive('calls another server');
          return watched.call(method, args);
        },
      };
    });
  }

  /** The state of the core; undefined while storage is still loading. */
  get state(): RaftState | undefined {
    return this.#state;
  }

  get lastApplied(): number {
    return this.#service.lastApplied;
  }

  /** What the server offers on the network. */
  get services(): readonly Service[] {
    return [this.peer.service, ...this.#service.services];
  }

  /** The service asks for the index of a read. */
  async read(): Promise<ReadIndexResult | undefined> {
    const { reached } = this.#surroundings;
    const result = await this.peer.readIndex?.();
    if (result?.ok === false) reached.note('read refused');
    return result;
  }

  /** The service hands leadership over. A transfer must end in its time, by the clock of the server. */
  async transfer(): Promise<TransferResult | undefined> {
    const { reached, onViolation } = this.#surroundings;
    const { id } = this.#options;
    const report = (): void =>
      onViolation(
        new TransferViolation(`a transfer of server ${id} goes on after ${transferWithinMs} ms`),
        id,
      );
    // A server that was stalled acts a moment after its timers have fired.
    let late = this.clock.setTimer(transferWithinMs, () => {
      late = this.clock.setTimer(transferWithinMs, report);
    });
    const result = await this.peer.transferLeadership?.();
    late.cancel();
    if (result?.ok) reached.note('leadership handed over');
    else if (result?.reason === 'gave-up') reached.note('transfer given up');
    return result;
  }

  /** The server crashes. Its timers and its writes go on for `afterlifeMs`, as far as its peer lets them. */
  end(): void {
    const { clock, mix, reached } = this.#surroundings;
    this.#isOver = true;
    this.peer.kill();
    this.#channel.close();
    this.#service.end();
    if (mix.afterlifeMs === 0) {
      this.clock.stop();
      return;
    }
    reached.note('crashed life that went on');
    clock.setTimer(mix.afterlifeMs, () => this.clock.stop());
  }

  /** The run is over: peer and service are killed. */
  stop(): void {
    this.peer.kill();
    this.#service.end();
  }

  #restoreService(snapshot: Snapshot | undefined): void {
    try {
      this.#service.restore(snapshot);
    } catch (error) {
      // Not thrown: it is not the storage that failed.
      this.#surroundings.onViolation(
        error instanceof Error ? error : new Error(String(error)),
        this.#options.id,
      );
    }
  }

  #crashAtWrite(when: 'before' | 'after'): boolean {
    if (this.#isOver) return false;
    if (when === 'after') this.#surroundings.reached.note('crash between a write and its reply');
    this.#options.crash();
    return true;
  }

  #apply(message: ApplyMsg): void | Promise<void> {
    this.#expectAlive('hands its service a message');
    this.#onDeliver(message);
    return this.#channel.deliver(message);
  }

  #expectAlive(action: string): void {
    if (!this.#isOver) return;
    const { id, number } = this.#options;
    const violation = new AfterlifeViolation(`life ${number} of server ${id} ${action} after its crash`);
    this.#surroundings.onViolation(violation, id);
  }

  /**
   * A disk that fails stops its server as a crash does, while it writes or loads; a server whose disk was wiped may stop for any
   * reason; every other stop is a violation.
   */
  #onStopped(error: PeerStoppedError): void {
    if (this.#isOver) return;
    const { reached, onViolation } = this.#surroundings;
    if (this.#options.isWiped()) {
      this.#options.crash();
      return;
    }
    if (error.kind === 'storage') reached.note('failed write');
    if (error.kind === 'storage' || (error.kind === 'load' && this.#hasDiskFailed)) {
      this.#options.crash();
      return;
    }
    onViolation(error, this.#options.id);
  }

  #noteRestart(stored: StoredState | undefined): void {
    if (this.#options.number === 1 || stored === undefined) return;
    const { reached } = this.#surroundings;
    if (stored.snapshot !== undefined) reached.note('restart from a snapshot');
    if (stored.entries.length > 0) reached.note('restart with entries');
  }
}

/** Raft's configuration in a run of this mix. */
function configOf(mix: Mix): Partial<RaftConfig> {
  return {
    ...mix.messageBounds,
    snapshotTailEntries: mix.snapshotTailEntries,
    snapshotTailBytes: tailMaxBytes,
    appendsNoop: mix.appendsNoop,
    preVote: mix.preVote,
    leaseReads: mix.preVote && mix.hasLeases && { maxClockDriftRatio: 0.1 },
  };
}
