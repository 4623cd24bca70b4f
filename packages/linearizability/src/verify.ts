// No `ok` leaves the checker unverified: each is replayed on the model, without any of the search's data structures.
import { assert } from './assert.ts';
import { precedes, type Interval } from './interval.ts';
import { illegal, type Model } from './model.ts';

/**
 * Throws an `AssertionError` unless `order` is a linearization of the intervals: every completed operation once, a pending one
 * once or not at all, none before one that precedes it, and every output legal.
 */
export function assertLinearization<State, Input, Output>(
  model: Model<State, Input, Output>,
  intervals: ReadonlyArray<Interval<Input, Output>>,
  order: ReadonlyArray<Interval<Input, Output>>,
): void {
  const missing = new Set(intervals);
  let { init: state } = model;
  let latestCall: Interval<Input, Output> | undefined;
  for (const interval of order) {
    const { id, input, output } = interval.operation;
    assert(missing.delete(interval), () => `operation ${id} is not in the history, or linearized twice`);
    assert(latestCall === undefined || !precedes(interval, latestCall), () => {
      return `operation ${id} is linearized after ${latestCall?.operation.id}, which was called after its return`;
    });
    const next = model.step(state, input, output);
    assert(next !== illegal, () => `operation ${id} is linearized where its output is illegal`);
    state = next;
    if (latestCall === undefined || interval.callPosition > latestCall.callPosition) latestCall = interval;
  }
  for (const { operation, returnPosition } of missing) {
    assert(returnPosition === Infinity, () => `operation ${operation.id} returned, but is not linearized`);
  }
}
