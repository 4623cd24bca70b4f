// One simulated server: its disk persists, and it starts and crashes.
import type { ServerId } from '@raftlab/protocol';
import type { RaftState, ReadIndexResult, TransferResult } from '@raftlab/raft-core';
import { show } from '@raftlab/trace';
import { Life, type Surroundings } from './life.ts';
import { overwrite } from './service-channel.ts';
import { SimDisk } from './sim-disk.ts';

/** A proposal that is made in the turn in which the next message arrives, before the server handles the message or after. */
export interface ProposalOnArrival {
  readonly when: 'before' | 'after';
  propose(): void;
}

/** A call that does not apply, such as a crash of a crashed server, does nothing. */
export class SimServer {
  readonly id: ServerId;
  readonly #surroundings: Surroundings;
  readonly #disk: SimDisk;
  #life: Life | undefined;
  #lifeCount = 0;
  #isWiped = false;
  /** What clients propose in the turn in which the next message arrives. */
  #onArrival: ProposalOnArrival | undefined;

  /** A server that has not started. */
  constructor(id: ServerId, surroundings: Surroundings) {
    this.id = id;
    this.#surroundings = surroundings;
    const { mix, isHealed, random, openLog } = surroundings;
    this.#disk = new SimDisk({ mix, isHealed, random: random.fork(`disk ${id}`), openLog });
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get isPaused(): boolean {
    return this.#life?.isPaused === true;
  }

  /** Whether its disk was ever wiped: it may have been stopped for it. */
  get isWiped(): boolean {
    return this.#isWiped;
  }

  /** The state of its core; undefined while it is crashed, or its storage is still loading. */
  get state(): RaftState | undefined {
    return this.#life?.state;
  }

  /** How long its life has been running without stalls, in ms; 0 while it is crashed. */
  get activeMs(): number {
    return this.#life?.clock.activeMs ?? 0;
  }

  get lastApplied(): number {
    return this.#life?.lastApplied ?? 0;
  }

  start(): void {
    if (this.#life !== undefined) return;
    this.#lifeCount += 1;
    const life = new Life(this.#surroundings, {
      id: this.id,
      number: this.#lifeCount,
      disk: this.#disk,
      crash: () => this.crash(),
      isWiped: () => this.#isWiped,
      onArrival: (of, action) => this.#arrive(of, action),
    });
    this.#life = life;
    this.#surroundings.network.attach(this.id, {
      services: () => life.services,
      run: (action) => this.#arrive(life, action),
    });
  }

  /** The next message that arrives brings this proposal along. */
  proposeOnArrival(proposal: ProposalOnArrival): void {
    this.#onArrival = proposal;
  }

  #arrive(life: Life, action: () => void): void {
    life.clock.run(() => {
      const proposal = life === this.#life ? this.#onArrival : undefined;
      if (proposal !== undefined) {
        this.#onArrival = undefined;
        this.#surroundings.reached.note('proposal in the turn of a message');
      }
      if (proposal?.when === 'before') proposal.propose();
      action();
      if (proposal?.when === 'after') proposal.propose();
    });
  }

  /** Crashed, it gets an empty disk, or what an earlier crash left of its disk. */
  wipe(to: 'empty' | 'older'): void {
    const { watch, reached } = this.#surroundings;
    this.#disk.wipe(to);
    watch.onWiped(this.id);
    this.#isWiped = true;
    reached.note('disk wiped');
  }

  crash(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { network, watch, recorder } = this.#surroundings;
    this.#life = undefined;
    this.#disk.crash();
    network.attach(this.id, undefined);
    watch.onCrash(this.id);
    recorder?.record({ kind: 'crash', server: this.id });
    life.end();
  }

  /** Crashes when the next write becomes durable, before the server learns of it; or instead of the write. */
  crashAtNextWrite(when: 'before' | 'after'): void {
    this.#disk.crashAtNextWrite(when);
  }

  pause(): void {
    if (this.#life === undefined) return;
    this.#life.isPaused = true;
    this.#surroundings.recorder?.record({ kind: 'pause', server: this.id });
    this.#life.clock.pause();
  }

  resume(): void {
    const life = this.#life;
    if (life?.isPaused !== true) return;
    const { reached, recorder } = this.#surroundings;
    if (life.state?.standing.role === 'leader') reached.note('paused leader went on');
    life.isPaused = false;
    recorder?.record({ kind: 'resume', server: this.id });
    life.clock.resume();
  }

  /** Undefined if the server does not accept the command. */
  propose(command: unknown): { index: number; term: number } | undefined {
    if (this.#life === undefined || this.#life.isPaused) return undefined;
    const text = this.#surroundings.recorder && show(command);
    const started = this.#life.peer.start(command);
    if (this.#surroundings.mix.isCareless) overwrite(command);
    if (!started.isLeader) return undefined;
    const { index } = started;
    if (text !== undefined)
      this.#surroundings.recorder?.record({ kind: 'propose', server: this.id, command: text, index });
    return started;
  }

  /** Undefined when the server is crashed or paused. */
  async read(): Promise<ReadIndexResult | undefined> {
    if (this.#life === undefined || this.#life.isPaused) return undefined;
    return this.#life.read();
  }

  /** Undefined when the server is crashed or paused. */
  async transfer(): Promise<TransferResult | undefined> {
    if (this.#life === undefined || this.#life.isPaused) return undefined;
    return this.#life.transfer();
  }

  /** The next write does not crash it. */
  heal(): void {
    this.#disk.forgetCrash();
  }

  /** Kills the peer for good; returns the number of timers that it has not cleared. */
  stop(): number {
    const life = this.#life;
    if (life === undefined) return 0;
    life.stop();
    this.#surroundings.network.attach(this.id, undefined);
    const { timerCount } = life.clock;
    life.clock.stop();
    return timerCount;
  }
}
