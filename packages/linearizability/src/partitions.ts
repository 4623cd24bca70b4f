// A history divided into parts that can be checked one by one.
import type { Interval } from './interval.ts';
import type { Model } from './model.ts';

/** The operations on one part of the object, by position of the call. */
export interface Partition<Input, Output> {
  /** What the model calls the part; `undefined` when it does not divide the object. */
  readonly name: string | undefined;
  readonly intervals: ReadonlyArray<Interval<Input, Output>>;
}

/** In the order of their first calls. */
export function partitionsOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  intervals: ReadonlyArray<Interval<Input, Output>>,
): Array<Partition<Input, Output>> {
  const byName = new Map<string | undefined, Array<Interval<Input, Output>>>();
  for (const interval of intervals) {
    const name = model.partition?.(interval.operation.input);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [interval]);
    else known.push(interval);
  }
  return [...byName].map(([name, members]) => ({ name, intervals: members }));
}
