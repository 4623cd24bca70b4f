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
  /** The first remaining operation to return: what is called after that cannot be next. */
  readonly firstToReturn: Interval<Input, Output> | undefined;
  /** How many of the candidates, and then of the pending operations, have been tried. */
  tried: number;
  /** Whether nothing that was tried is legal. */
  isDeadEnd: boolean;
}

/** Where the search could not go on. */
export interface DeadEnd<State, Input, Output> {
  readonly configuration: Configuration<State, Input, Output>;
  /** A read that can never be legal after the configuration, or the first operation to return of those that are missing. */
  readonly stuck: Interval<Input, Output>;
}

/** Searches one partition. */
export class Search<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #position: Position<Input, Output>;
  readonly #configurations: Configurations<State, Input, Output>;
  readonly #path: Array<Frame<State, Input, Output>> = [];
  readonly #deadEnds = new Map<Interval<Input, Output>, DeadEnd<State, Input, Output>>();
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

  /** For each operation that was stuck, the dead end with the most completed operations. The present end of the path is one. */
  deadEnds(): Array<DeadEnd<State, Input, Output>> {
    const frame = this.#path.at(-1);
    if (frame !== undefined) this.#noteDeadEnd(frame.configuration, frame.firstToReturn);
    return [...this.#deadEnds.values()];
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
    frame.isDeadEnd = false;
    // A read that is legal now can be linearized now: wherever it is, it leaves the state alone. Nothing else need be tried.
    if (choice.kind === 'read') frame.tried = Infinity;
    this.#position.linearize(choice);
    if (!this.#enter({ parent, choice, state })) this.#position.takeBack(choice);
  }

  #nextOf(frame: Frame<State, Input, Output>): Choice<Input, Output> | undefined {
    const { candidates, firstToReturn } = frame;
    const { choices, set } = this.#position;
    const barrier = firstToReturn?.returnPosition ?? Infinity;
    for (;;) {
      const choice = candidates[frame.tried] ?? choices.pending[frame.tried - candidates.length];
      if (choice === undefined || choice.interval.callPosition > barrier) return undefined;
      frame.tried += 1;
      if (choice.kind !== 'pending' || !set.has(choice)) return choice;
    }
  }

  /** False when nothing new can come of the configuration. */
  #enter(reached: Reached<State, Input, Output>): boolean {
    const configuration = this.#configurations.add(this.#position.set, reached);
    if (configuration === undefined) return false;
    if (this.#position.isComplete) this.#state = 'ok';
    if (reached.choice?.kind === 'read') {
      const isUnchanged = reached.parent?.mark === configuration.mark;
      assert(
        isUnchanged,
        () => `operation ${reached.choice?.interval.operation.id} is read-only, but changes the state`,
      );
    } else {
      const stuck = hopelessRead(this.#model, reached.state, this.#position);
      if (stuck !== undefined) {
        this.#noteDeadEnd(configuration, stuck);
        return false;
      }
    }
    const { choices: candidates, firstToReturn } = this.#position.candidates();
    this.#path.push({ configuration, candidates, firstToReturn, tried: 0, isDeadEnd: true });
    return true;
  }

  #leave(): void {
    const frame = this.#path.pop();
    if (frame === undefined) return;
    const { configuration, firstToReturn, isDeadEnd } = frame;
    if (isDeadEnd) this.#noteDeadEnd(configuration, firstToReturn);
    if (configuration.choice === undefined) this.#state = 'illegal';
    else this.#position.takeBack(configuration.choice);
  }

  #noteDeadEnd(
    configuration: Configuration<State, Input, Output>,
    stuck: Interval<Input, Output> | undefined,
  ): void {
    if (stuck === undefined) return;
    const known = this.#deadEnds.get(stuck);
    if (known === undefined || known.configuration.completed < configuration.completed)
      this.#deadEnds.set(stuck, { configuration, stuck });
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
