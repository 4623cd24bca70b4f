// Numbers by which states are hashed and compared.
import type { StateIdentity, StateKey } from './model.ts';

/** Equal states have the same mark; states of the same mark are equal if `areEqual` says so. */
export interface StateMarks<State> {
  markOf(state: State): number;
  areEqual(one: State, other: State): boolean;
}

export function stateMarksOf<State>(identity: StateIdentity<State>): StateMarks<State> {
  if (!('key' in identity)) {
    return {
      markOf: (state) => identity.hash?.(state) ?? 0,
      areEqual: (one, other) => identity.equal(one, other),
    };
  }
  const marks = new Map<StateKey, number>();
  return {
    markOf(state) {
      const key = identity.key(state);
      const known = marks.get(key);
      if (known !== undefined) return known;
      marks.set(key, marks.size);
      return marks.size - 1;
    },
    areEqual: () => true,
  };
}
