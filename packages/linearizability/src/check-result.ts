// What the checker reports.
import type { Operation } from './history.ts';
import type { LinearizablePrefix } from './prefix.ts';

/** A linearization of one part of the object. */
export interface Linearization<Input, Output> {
  /** What the model calls the part; `undefined` when it does not divide the object. */
  readonly partition: string | undefined;
  /** Every operation that returned, and those of the others that have taken effect, in order. */
  readonly operations: ReadonlyArray<Operation<Input, Output>>;
}

/** The history is linearizable. */
export interface Ok<Input, Output> {
  readonly verdict: 'ok';
  /** The proof: one for each partition, by their first calls. */
  readonly linearizations: ReadonlyArray<Linearization<Input, Output>>;
  /** Calls of the model that the search has made. */
  readonly steps: number;
}

/** What is known of a partition for which no linearization was found. */
export interface Unfinished<State, Input, Output> {
  /** What the model calls the part; `undefined` when it does not divide the object. */
  readonly partition: string | undefined;
  /** Its operations, by call. */
  readonly operations: ReadonlyArray<Operation<Input, Output>>;
  /**
   * How far the search got: for each operation for which it found no place, the longest linearizable prefix before it; longer ones
   * first, and at most `prefixLimit`. A prefix ends where the operation lost its place, not where it is called.
   */
  readonly prefixes: ReadonlyArray<LinearizablePrefix<State, Input, Output>>;
  /** Calls of the model that the search has made. */
  readonly steps: number;
}

/** The history is not linearizable, because the operations of one partition are not. Others were not looked at to the end. */
export interface NotLinearizable<State, Input, Output> extends Unfinished<State, Input, Output> {
  readonly verdict: 'illegal';
  /** What the model found without a search. */
  readonly reason?: string | undefined;
}

/** The budget was spent before there was a verdict. This is not a pass: give more, or check a smaller history. */
export interface Undecided<State, Input, Output> extends Unfinished<State, Input, Output> {
  readonly verdict: 'unknown';
  /** Which part of the budget was spent. */
  readonly spent: 'steps' | 'time';
  /** How many partitions are undecided; `partition` is one of them. */
  readonly undecidedCount: number;
}

/** What `checkHistory` found. Only the verdict `ok` is a pass. */
export type CheckResult<State, Input, Output> =
  | Ok<Input, Output>
  | NotLinearizable<State, Input, Output>
  | Undecided<State, Input, Output>;

/** `unknown` is not a pass. */
export type Verdict = CheckResult<unknown, unknown, unknown>['verdict'];
