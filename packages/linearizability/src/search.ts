// The search for a linearization of one partition: depth first, over which operation takes effect next. It is the algorithm of
// Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), with Lowe's memoisation (configurations.ts) and a look
// ahead (look-ahead.ts). It can be interrupted after every step.
import { assert } from './assert.ts';
import { choicesOf, type Choice, type Choices } from './choice.ts';
import { Configurations, type Configuration, type Reached } from './configurations.ts';
import type { Interval } from './interval.ts';
import { hopelessRead } from './look-ahead.ts';
import { illegal, type Model } from './model.ts';
import { Position } from './position.ts';

/** `running` until it is known. */
export type SearchState = 'running' | 'ok' | 'illegal';

/** A configuration on the path from the empty one to where the search is. */
interface Frame<State, Input, Output> {
  readonly configuration: Configuration<State, Input, Output>;
  /** The completed operations that can be next. */
  readonly candidates: ReadonlyArray<Choice<Input, Output>>;
  /** What is called after this position cannot be next. */
  readonly barrier: number;
  /** How many of the candidates, and then of the pending operations, have been tried. */
  tried: number;
}

/** Searches one partition. */
export class Search<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #position: Position<Input, Output>;
  readonly #configurations: Configurations<State, Input, Output>;
  readonly #path: Array<Frame<State, Input, Output>> = [];
  #state: SearchState = 'running';
  #steps = 0;

  /** The intervals are sorted by position of the call. */
  constructor(model: Model<State, Input, Output>, intervals: ReadonlyArray<Interval<Input, Output>>) {
    const choices = choicesOf(model, intervals);
    this.#model = model;
    this.#position = new Position(choices);
    this.#configurations = new Configurations(model, choices);
    if (!this.#enter({ parent: undefined, choice: undefined, state: model.init })) this.#state = 'illegal';
  }

  /** Calls of `step` so far. */
  get steps(): number {
    return this.#steps;
  }

  get choices(): Choices<Input, Output> {
    return this.#position.choices;
  }

  /** Every configuration so far; each after its parent. */
  get configurations(): ReadonlyArray<Configuration<State, Input, Output>> {
    return this.#configurations.all;
  }

  /** Goes on for at most so many steps. */
  run(stepLimit: number): SearchState {
    const end = this.#steps + stepLimit;
    while (this.#state === 'running' && this.#steps < end) this.#advance();
    return this.#state;
  }

  /** When the state is `ok`. */
  linearization(): Array<Interval<Input, Output>> {
    assert(this.#state === 'ok', () => `the search is ${this.#state}, so it has no linearization`);
    return pathOf(this.#top().configuration).map(({ interval }) => interval);
  }

  /** Tries one operation, or takes the last one back when nothing is left to try after it. */
  #advance(): void {
    const frame = this.#top();
    const choice = this.#nextOf(frame);
    if (choice === undefined) {
      this.#leave();
      return;
    }
    const { configuration: parent } = frame;
    const { input, output } = choice.interval.operation;
    this.#steps += 1;
    const state = this.#model.step(parent.state, input, output);
    if (state === illegal) return;
    // A read that is legal now can be linearized now: wherever it is, it leaves the state alone. Nothing else need be tried.
    if (choice.kind === 'read') frame.tried = Infinity;
    this.#position.linearize(choice);
    if (!this.#enter({ parent, choice, state })) this.#position.takeBack(choice);
  }

  #nextOf(frame: Frame<State, Input, Output>): Choice<Input, Output> | undefined {
    const { choices, set } = this.#position;
    for (;;) {
      const { candidates, tried } = frame;
      const choice = candidates[tried] ?? choices.pending[tried - candidates.length];
      if (choice === undefined || choice.interval.callPosition > frame.barrier) return undefined;
      frame.tried += 1;
      if (choice.kind !== 'pending' || !set.has(choice)) return choice;
    }
  }

  /** False when nothing new can come of the configuration. */
  #enter(reached: Reached<State, Input, Output>): boolean {
    const configuration = this.#configurations.add(this.#position.set, reached);
    if (configuration === undefined) return false;
    if (this.#position.isComplete) this.#state = 'ok';
    const { state, choice } = configuration;
    // After a read the state is the one that was looked at before.
    const isNewState = choice?.kind !== 'read';
    if (isNewState && hopelessRead(this.#model, state, this.#position) !== undefined) return false;
    const { choices: candidates, firstToReturn } = this.#position.candidates();
    const barrier = firstToReturn?.returnPosition ?? Infinity;
    this.#path.push({ configuration, candidates, barrier, tried: 0 });
    return true;
  }

  #leave(): void {
    const choice = this.#path.pop()?.configuration.choice;
    if (choice !== undefined) this.#position.takeBack(choice);
    if (this.#path.length === 0) this.#state = 'illegal';
  }

  #top(): Frame<State, Input, Output> {
    const frame = this.#path.at(-1);
    assert(frame !== undefined, 'the search has come to its end');
    return frame;
  }
}

/** The operations of a configuration, in the order in which they were linearized. */
export function pathOf<State, Input, Output>(
  configuration: Configuration<State, Input, Output>,
): Array<Choice<Input, Output>> {
  const path: Array<Choice<Input, Output>> = [];
  let at: Configuration<State, Input, Output> | undefined = configuration;
  while (at?.choice !== undefined) {
    path.push(at.choice);
    at = at.parent;
  }
  return path.toReversed();
}
