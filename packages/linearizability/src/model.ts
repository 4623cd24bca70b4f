// What a user says about the object: how it behaves when its operations are executed one at a time.
import type { Operation } from './history.ts';
import type { Interval } from './interval.ts';

/** What `step` returns for an output that the operation cannot have in the state. */
export const illegal: unique symbol = Symbol('illegal');
/** The type of `illegal`. */
export type Illegal = typeof illegal;

/** An exact name of a state: equal states have equal keys, different states have different ones. */
export type StateKey = string | number | bigint | boolean | null | undefined;

/** How the checker recognizes a state. */
export type StateIdentity<State> =
  | { key(state: State): StateKey }
  | {
      equal(one: State, other: State): boolean;
      /**
       * An integer; equal states must have equal hashes. Without it every state is compared with all others that the same
       * operations have led to.
       */
      hash?(state: State): number;
    };

/** What a model can say about a history without a search. */
export type Decision<Input, Output> =
  | {
      readonly verdict: 'ok';
      /** A linearization. */
      readonly order: ReadonlyArray<Interval<Input, Output>>;
    }
  | { readonly verdict: 'illegal'; readonly reason: string };

/**
 * The sequential specification of an object (Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent
 * Objects", 1990). States are immutable and all functions are pure. `init`, `step`, and `key` or `equal` are enough; the others
 * make searches shorter and reports easier to read.
 */
export type Model<State, Input, Output> = StateIdentity<State> & {
  /** The state before the first operation, in every partition. */
  readonly init: State;

  /**
   * The state after the operation, or `illegal` when it cannot have this output in this state. `output` is `undefined`
   * when nothing is known about it, as for an operation that never returned: every output is possible then.
   */
  step(state: State, input: Input, output: Output | undefined): State | Illegal;

  /**
   * The part of the object that the operation concerns, e.g. its key. Operations on different parts must be independent:
   * then a history is linearizable if and only if that of each part is (P-compositionality: Horn and Kroening, "Faster
   * linearizability checking via P-compositionality", 2015). Operations for which it is `undefined` are one part.
   */
  partition?(input: Input): string | undefined;

  /**
   * True only if the operation, with this output, changes the state in no state at all. Such a read is linearized as soon as
   * it is legal, and the search does not try to linearize it later.
   */
  isReadOnly?(input: Input, output: Output | undefined): boolean;

  /**
   * False only if no operations out of `others`, in any order and each at most once, lead from the state to one in which
   * the read is legal. The search asks about the next reads, to give up a state at once instead of after trying everything
   * that can follow it. `others` are the inputs of the operations that can come before the read.
   */
  canBecomeLegal?(
    state: State,
    read: Pick<Operation<Input, Output>, 'input' | 'output'>,
    others: () => readonly Input[],
  ): boolean;

  /**
   * Decides the history of one partition, given by position of the calls, without a search; `undefined` when it cannot. The
   * checker replays the order of an `ok`.
   */
  decide?(intervals: ReadonlyArray<Interval<Input, Output>>): Decision<Input, Output> | undefined;

  /** The operation as text, for reports: `get(x) → "1"`. */
  describe?(input: Input, output: Output | undefined): string;

  /** The state as text, for reports. */
  describeState?(state: State): string;
};
