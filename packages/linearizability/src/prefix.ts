// What a person needs to see of a history without a linearization: how far one can get, and what cannot come next.
import type { Choices } from './choice.ts';
import type { Operation } from './history.ts';
import { illegal, type Model } from './model.ts';
import { Position } from './position.ts';
import { pathOf, type DeadEnd, type Search } from './search.ts';

/**
 * Why an operation does not continue a prefix.
 * - `illegal`: it cannot have its output in the state.
 * - `dead-end`: it can, but no linearization begins like that.
 */
export type Obstacle = 'illegal' | 'dead-end';

/** An operation that can follow a prefix by the times of the calls and returns. */
export interface NextOperation<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly obstacle: Obstacle;
}

/** Operations in a legal order that respects the times, and what they cannot be continued by. */
export interface LinearizablePrefix<State, Input, Output> {
  /** In the order in which they take effect. */
  readonly operations: ReadonlyArray<Operation<Input, Output>>;
  /** The state after them. */
  readonly state: State;
  /**
   * The operation that has no place: a read that can never be legal after the prefix, or else the first operation to return of
   * those that are missing, after everything that can come before its return has been tried.
   */
  readonly stuck: Operation<Input, Output>;
  /** All operations that can follow by their times, by call. */
  readonly next: ReadonlyArray<NextOperation<Input, Output>>;
}

/** At most this many prefixes are reported. */
export const prefixLimit = 8;

/** The prefixes before the dead ends of a search, longer ones first. */
export function prefixesOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  search: Search<State, Input, Output>,
): Array<LinearizablePrefix<State, Input, Output>> {
  return search
    .deadEnds()
    .toSorted((one, other) => other.configuration.completed - one.configuration.completed)
    .slice(0, prefixLimit)
    .map((deadEnd) => prefixOf(model, search.choices, deadEnd));
}

function prefixOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  choices: Choices<Input, Output>,
  { configuration, stuck }: DeadEnd<State, Input, Output>,
): LinearizablePrefix<State, Input, Output> {
  const { state } = configuration;
  const path = pathOf(configuration);
  const position = new Position(choices);
  for (const choice of path) position.linearize(choice);
  const { choices: completed, firstToReturn } = position.candidates();
  const pending = choices.pending.filter((choice) => {
    const isCalled = choice.interval.callPosition < (firstToReturn?.returnPosition ?? Infinity);
    return isCalled && !position.set.has(choice);
  });
  const next = [...completed, ...pending]
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ interval: { operation } }): NextOperation<Input, Output> => {
      const isIllegal = model.step(state, operation.input, operation.output) === illegal;
      return { operation, obstacle: isIllegal ? 'illegal' : 'dead-end' };
    });
  return { operations: path.map(({ interval }) => interval.operation), state, stuck: stuck.operation, next };
}
