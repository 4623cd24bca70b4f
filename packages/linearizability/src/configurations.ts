// What the search remembers: every configuration that it has been in, so that it is in none twice. This is the memoisation of
// Lowe, "Testing for linearizability" (2017), with one more rule for operations that never returned.
import type { Choice, Choices } from './choice.ts';
import type { LinearizedSet } from './linearized-set.ts';
import type { StateIdentity } from './model.ts';
import { scramble } from './scramble.ts';
import { stateMarksOf, type StateMarks } from './state-marks.ts';

/** Linearized operations, in order, and the state that they lead to. */
export interface Configuration<State, Input, Output> {
  /** The configuration without the last operation; `undefined` for the empty one. */
  readonly parent: Configuration<State, Input, Output> | undefined;
  /** The last operation; `undefined` for the empty configuration. */
  readonly choice: Choice<Input, Output> | undefined;
  readonly state: State;
  readonly mark: number;
  /** How many of its operations are completed ones. */
  readonly completed: number;
  /** The words of the set of its operations. */
  readonly words: readonly number[];
  /** The next configuration in the same bucket. */
  readonly chained: Configuration<State, Input, Output> | undefined;
}

/** What a new configuration adds to the one before. */
export type Reached<State, Input, Output> = Pick<
  Configuration<State, Input, Output>,
  'parent' | 'choice' | 'state'
>;

/** A Map has at most 2^24 keys; from half of that on, longer searches have longer buckets instead of more of them. */
const bucketMask = 2 ** 23 - 1;

/** The configurations of one search. */
export class Configurations<State, Input, Output> {
  readonly #marks: StateMarks<State>;
  readonly #completedWords: number;
  readonly #buckets = new Map<number, Configuration<State, Input, Output>>();

  constructor(identity: StateIdentity<State>, { completedWords }: Choices<Input, Output>) {
    this.#marks = stateMarksOf(identity);
    this.#completedWords = completedWords;
  }

  /**
   * Adds a configuration and returns it, or `undefined` when a known one can be continued in every way in which this one can: one
   * with the same completed operations, the same state, and the same pending operations or fewer. What it has not used up it
   * can still use. Sets and states are compared exactly; hashes only find the bucket.
   */
  add(
    set: LinearizedSet<Input, Output>,
    { parent, choice, state }: Reached<State, Input, Output>,
  ): Configuration<State, Input, Output> | undefined {
    const { completed } = set;
    const mark = this.#marks.markOf(state);
    const bucket = (set.hash ^ scramble(mark)) & bucketMask;
    const first = this.#buckets.get(bucket);
    for (let known = first; known !== undefined; known = known.chained) {
      const isSame = known.mark === mark && known.completed === completed;
      if (isSame && this.#covers(known.words, set.words) && this.#marks.areEqual(known.state, state))
        return undefined;
    }
    const added = { parent, choice, state, mark, completed, words: set.words.slice(), chained: first };
    this.#buckets.set(bucket, added);
    return added;
  }

  /** Whether the completed operations are the same, and the pending ones of the known set are all in the other. */
  #covers(known: readonly number[], other: readonly number[]): boolean {
    for (let word = 0; word < known.length; word += 1) {
      const mine = known[word] ?? 0;
      const theirs = other[word] ?? 0;
      if (word < this.#completedWords ? mine !== theirs : (mine & ~theirs) !== 0) return false;
    }
    return true;
  }
}
