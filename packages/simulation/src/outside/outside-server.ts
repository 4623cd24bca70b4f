// One server with a peer that is known only from outside: its persister survives its crashes.
import { Persister } from '@raftlab/persister';
import type { ServerId } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import { OutsideLife, type OutsideSurroundings } from './outside-life.ts';

/** A call that does not apply, such as a crash of a crashed server, does nothing. */
export class OutsideServer {
  readonly id: ServerId;
  readonly #surroundings: OutsideSurroundings;
  readonly #persister = new Persister();
  #life: OutsideLife | undefined;
  #lifeCount = 0;
  /** The next save crashes the server: instead of taking effect, or before the peer learns of it. */
  #crashAtSave: 'before' | 'after' | undefined;

  /** A server that has not started. */
  constructor(id: ServerId, surroundings: OutsideSurroundings) {
    this.id = id;
    this.#surroundings = surroundings;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get isPaused(): boolean {
    return this.#life?.isPaused === true;
  }

  get lastApplied(): number {
    return this.#life?.lastApplied ?? 0;
  }

  /** Term and role; undefined while it is crashed or stalled. */
  state(): { term: number; isLeader: boolean } | undefined {
    return this.isPaused ? undefined : this.#life?.state();
  }

  start(): void {
    if (this.#life !== undefined) return;
    this.#lifeCount += 1;
    const { network, recorder } = this.#surroundings;
    recorder?.record({ kind: 'start', server: this.id });
    const life = new OutsideLife(this.#surroundings, {
      id: this.id,
      number: this.#lifeCount,
      persister: this.#persister,
      onSave: (when) => {
        if (when === this.#crashAtSave) this.crash();
      },
    });
    this.#life = life;
    life.begin();
    if (life.isOver) return;
    const services = [life.service()];
    network.attach(this.id, { services: () => services, run: (action) => life.clock.run(action) });
  }

  crash(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#crashAtSave = undefined;
    const { network, recorder } = this.#surroundings;
    network.attach(this.id, undefined);
    recorder?.record({ kind: 'crash', server: this.id });
    life.end();
  }

  /** Ends its life for good, at the end of the run. */
  stop(): void {
    this.#surroundings.network.attach(this.id, undefined);
    this.#life?.end();
    this.#life = undefined;
  }

  crashAtNextWrite(when: 'before' | 'after'): void {
    this.#crashAtSave = when;
  }

  /** The next save does not crash it. */
  heal(): void {
    this.#crashAtSave = undefined;
  }

  pause(): void {
    if (this.#life === undefined || this.isPaused) return;
    this.#life.isPaused = true;
    this.#surroundings.recorder?.record({ kind: 'pause', server: this.id });
    this.#life.clock.pause();
  }

  resume(): void {
    if (this.#life?.isPaused !== true) return;
    this.#life.isPaused = false;
    this.#surroundings.recorder?.record({ kind: 'resume', server: this.id });
    this.#life.clock.resume();
  }

  /** Undefined if the server does not accept the command. */
  propose(command: unknown): { index: number; term: number } | undefined {
    if (this.#life === undefined || this.isPaused) return undefined;
    const accepted = this.#life.propose(command);
    if (accepted === undefined) return undefined;
    const { index } = accepted;
    this.#surroundings.recorder?.record({ kind: 'propose', server: this.id, command: show(command), index });
    return accepted;
  }
}
