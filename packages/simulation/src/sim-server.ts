// One simulated server: its disk persists, and it starts and crashes.
import type { ServerId } from '@raftlab/protocol';
import type { RaftState } from '@raftlab/raft-core';
import { show } from '@raftlab/trace';
import { Life, type Surroundings } from './life.ts';
import { SimDisk } from './sim-disk.ts';

/** A call that does not apply, such as a crash of a crashed server, does nothing. */
export class SimServer {
  readonly id: ServerId;
  readonly #surroundings: Surroundings;
  readonly #disk: SimDisk;
  #life: Life | undefined;
  #lifeCount = 0;

  /** A server that has not started. */
  constructor(id: ServerId, surroundings: Surroundings) {
    this.id = id;
    this.#surroundings = surroundings;
    this.#disk = new SimDisk(surroundings.mix, surroundings.isHealed);
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get isPaused(): boolean {
    return this.#life?.isPaused === true;
  }

  /** The state of its core; undefined while it is crashed, or its storage is still loading. */
  get state(): RaftState | undefined {
    return this.#life?.state;
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
    });
    this.#life = life;
    const run = (action: () => void): void => life.clock.run(action);
    this.#surroundings.network.attach(this.id, { service: life.peer.service, run });
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
    const started = this.#life.peer.start(command);
    if (!started.isLeader) return undefined;
    const { index } = started;
    this.#surroundings.recorder?.record({ kind: 'propose', server: this.id, command: show(command), index });
    return started;
  }

  /** The next write does not crash it. */
  heal(): void {
    this.#disk.forgetCrash();
  }

  /** Kills the peer for good; returns the number of timers that it has not cleared. */
  stop(): number {
    const life = this.#life;
    if (life === undefined) return 0;
    life.peer.kill();
    this.#surroundings.network.attach(this.id, undefined);
    const { timerCount } = life.clock;
    life.clock.stop();
    return timerCount;
  }
}
