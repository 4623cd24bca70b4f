// The one loop that steps a core and carries out what it asks for, in the order that Raft's safety needs. Where writes,
// messages and applies go is the caller's: the peer, the scenarios, the explorer and the tests each bring their own world.
import { assert } from '@raftlab/runtime/assert';
import type { Input } from './core/inputs.ts';
import type { Applicable, Envelope, Outputs, Persist } from './core/outputs.ts';

/** What a driver needs of a core. `RaftCore` has it, and so has a core that a test has broken. */
export interface Steppable {
  step(input: Input, now: number): Outputs;
}

/**
 * What is around one core. The methods are called in the order of the fields of `Outputs`, once the step is over. They may
 * pass inputs to the driver: it takes them after the outputs at hand are carried out.
 */
export interface World {
  /** The time of the server, in ms; it never goes back. */
  now(): number;
  /** After each step, before its outputs are carried out. */
  onStep?(input: Input, outputs: Outputs): void;
  /** Makes the batch durable after every earlier one, then reports `{ kind: 'persisted', ...persist.proves }`. */
  write(persist: Persist): void;
  /** Runs the action once everything written so far is durable: at once when it already is. Keeps their order. */
  whenDurable(action: () => void): void;
  /** Passes a message on. It may be lost. */
  send(envelope: Envelope): void;
  /** Hands committed entries or a snapshot to the service, after everything before it. */
  apply(applicable: Applicable): void;
  /** Stores bytes ahead, then reports `{ kind: 'staged', data }`. Only asked of a core that stages snapshots. */
  stage?(data: Uint8Array): void;
  /**
   * Passes a `tick` at this time at the latest; replaces the time of the step before. -Infinity, now or earlier means at
   * the end of the turn, after everything else that happens in it.
   */
  wakeAt(time: number): void;
}

/** Steps one core. A step never begins inside another: an input that arrives during one waits for its end. */
export class Driver {
  readonly #core: Steppable;
  readonly #world: World;
  readonly #waiting: Input[] = [];
  #isStepping = false;
  #isClosed = false;

  constructor(core: Steppable, world: World) {
    this.#core = core;
    this.#world = world;
  }

  /** Whether a step is under way, or its outputs are being carried out. */
  get isStepping(): boolean {
    return this.#isStepping;
  }

  /**
   * Takes an input, and every input that the world passes on meanwhile. Throws what the core and the world throw; the
   * driver must then be closed, because the outputs at hand were carried out in part.
   */
  step(input: Input): void {
    if (this.#isClosed) return;
    if (this.#isStepping) {
      this.#waiting.push(input);
      return;
    }
    assert(this.#waiting.length === 0, 'no input waits between two steps');
    this.#isStepping = true;
    try {
      for (let next: Input | undefined = input; next !== undefined; next = this.#waiting.shift()) {
        this.#stepOnce(next);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Takes no further input and forgets those that wait. The outputs at hand are still carried out. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  #stepOnce(input: Input): void {
    const world = this.#world;
    assert(this.#isStepping, 'a step inside another one');
    const outputs = this.#core.step(input, world.now());
    world.onStep?.(input, outputs);
    const { persist, send, sendAfterPersist, apply, stage, wakeAt } = outputs;
    assert(!Number.isNaN(wakeAt), 'the core asks to be woken at a time that is not a number');
    if (persist !== undefined) world.write(persist);
    for (const envelope of send) world.send(envelope);
    if (sendAfterPersist.length > 0) {
      world.whenDurable(() => {
        for (const envelope of sendAfterPersist) world.send(envelope);
      });
    }
    for (const applicable of apply) world.apply(applicable);
    if (stage !== undefined) world.stage?.(stage);
    world.wakeAt(wakeAt);
  }
}
