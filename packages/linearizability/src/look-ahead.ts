// Finds out early that a state is a dead end: one of the next reads can never have its output any more. Without it the search
// learns this when the read returns, and first tries every order of what can be linearized until then.
import type { Interval } from './interval.ts';
import type { Model } from './model.ts';
import type { Position } from './position.ts';

/** At most this many reads are looked at; twice as many as operations overlap, if that is less. */
const readsAheadMax = 16;

/** The first of the next reads, by call, that can never be legal after the state; `undefined` when there is none. */
export function hopelessRead<State, Input, Output>(
  model: Model<State, Input, Output>,
  state: State,
  position: Position<Input, Output>,
): Interval<Input, Output> | undefined {
  if (model.canBecomeLegal === undefined) return undefined;
  const { choices, remaining } = position;
  let readsLeft = Math.min(2 * choices.overlap, readsAheadMax);
  for (let choice = remaining.first; choice !== undefined && readsLeft > 0; choice = choice.next) {
    if (choice.kind !== 'read') continue;
    readsLeft -= 1;
    const { interval } = choice;
    const others = (): Input[] => inputsBefore(interval, position);
    if (!model.canBecomeLegal(state, interval.operation, others)) return interval;
  }
  return undefined;
}

/** The inputs of the operations that are not linearized yet and were called before the read returned. */
function inputsBefore<Input, Output>(
  { returnPosition }: Interval<Input, Output>,
  { choices, remaining, set }: Position<Input, Output>,
): Input[] {
  const inputs: Input[] = [];
  for (let choice = remaining.first; choice !== undefined; choice = choice.next) {
    if (choice.interval.callPosition > returnPosition) break;
    if (choice.kind !== 'read') inputs.push(choice.interval.operation.input);
  }
  for (const choice of choices.pending) {
    if (choice.interval.callPosition > returnPosition) break;
    if (!set.has(choice)) inputs.push(choice.interval.operation.input);
  }
  return inputs;
}
