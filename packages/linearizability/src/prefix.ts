// What a person needs to see of a history without a linearization: how far one can get, and what cannot come next.
import type { Choice, Choices } from './choice.ts';
import type { Configuration } from './configurations.ts';
import type { Operation } from './history.ts';
import { hopelessRead } from './look-ahead.ts';
import { illegal, type Model } from './model.ts';
import { Position } from './position.ts';
import { pathOf } from './search.ts';

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
   * The operation for which the search gave the prefix up: a read that cannot become legal any more, or else the first
   * operation to return of those that are missing. `undefined` when none is missing.
   */
  readonly stuck: Operation<Input, Output> | undefined;
  /** All operations that can follow by their times, by call. */
  readonly next: ReadonlyArray<NextOperation<Input, Output>>;
}

/** At most this many prefixes are reported. */
export const prefixLimit = 8;

/**
 * The longest prefix; then, for operations that are in none so far, the longest that ends with the operation. Longer ones
 * come first. `configurations` are those of a search that has ended, each after its parent.
 */
export function prefixesOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  choices: Choices<Input, Output>,
  configurations: ReadonlyArray<Configuration<State, Input, Output>>,
): Array<LinearizablePrefix<State, Input, Output>> {
  const shown = new Set<Choice<Input, Output> | undefined>();
  const prefixes: Array<LinearizablePrefix<State, Input, Output>> = [];
  for (const configuration of longestByEnd(configurations)) {
    if (prefixes.length === prefixLimit) break;
    if (shown.has(configuration.choice)) continue;
    const path = pathOf(configuration);
    for (const choice of path) shown.add(choice);
    shown.add(undefined); // the empty prefix is shown only if there is no other
    prefixes.push(prefixOf(model, choices, { path, state: configuration.state }));
  }
  return prefixes;
}

/** For each last operation the configuration with the most completed operations; by their number. */
function longestByEnd<State, Input, Output>(
  configurations: ReadonlyArray<Configuration<State, Input, Output>>,
): Array<Configuration<State, Input, Output>> {
  const longest = new Map<Choice<Input, Output> | undefined, Configuration<State, Input, Output>>();
  for (const configuration of configurations) {
    const known = longest.get(configuration.choice);
    if (known === undefined || known.completed < configuration.completed)
      longest.set(configuration.choice, configuration);
  }
  return [...longest.values()].toSorted((one, other) => other.completed - one.completed);
}

function prefixOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  choices: Choices<Input, Output>,
  { path, state }: { path: ReadonlyArray<Choice<Input, Output>>; state: State },
): LinearizablePrefix<State, Input, Output> {
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
  const stuck = hopelessRead(model, state, position) ?? firstToReturn;
  return { operations: path.map(({ interval }) => interval.operation), state, stuck: stuck?.operation, next };
}
