// A history in the only form that the checker works on: intervals between positions in one total order.
import type { CallEvent, History, HistoryEvent, Operation, OperationId, ReturnEvent } from './history.ts';
import { MalformedHistoryError } from './malformed-history-error.ts';

/** An operation between the positions of its call and its return in the total order of all calls and returns. */
export interface Interval<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly callPosition: number;
  /** `Infinity` when the operation never returned. */
  readonly returnPosition: number;
}

/** True when `first` returned before `second` was called, so that every linearization must have it first. */
export function precedes<Input, Output>(
  first: Interval<Input, Output>,
  second: Interval<Input, Output>,
): boolean {
  return first.returnPosition < second.callPosition;
}

/** The intervals of a history, by position of their calls. Throws a `MalformedHistoryError` when it contradicts itself. */
export function intervalsOf<Input, Output>(history: History<Input, Output>): Array<Interval<Input, Output>> {
  return isEvents(history) ? intervalsOfEvents(history) : intervalsOfOperations(history);
}

function isEvents<Input, Output>(
  history: History<Input, Output>,
): history is ReadonlyArray<HistoryEvent<Input, Output>> {
  const [first] = history;
  return first !== undefined && 'kind' in first;
}

function intervalsOfOperations<Input, Output>(
  operations: ReadonlyArray<Operation<Input, Output>>,
): Array<Interval<Input, Output>> {
  checkOperations(operations);
  // The sorts are stable: at equal times the order is that of the array, so a history takes the same steps every time.
  const calls = operations.toSorted((a, b) => a.callAt - b.callAt);
  const returns = operations
    .flatMap(({ id, returnAt }) => (returnAt === undefined ? [] : [{ id, returnAt }]))
    .toSorted((a, b) => a.returnAt - b.returnAt);
  const callPositions: number[] = [];
  const returnPositions = new Map<OperationId, number>();
  const nextPosition = (): number => callPositions.length + returnPositions.size;
  for (const { callAt } of calls) {
    for (let next = returns[returnPositions.size]; next !== undefined; next = returns[returnPositions.size]) {
      if (next.returnAt >= callAt) break; // at equal times the call comes first
      returnPositions.set(next.id, nextPosition());
    }
    callPositions.push(nextPosition());
  }
  for (const { id } of returns.slice(returnPositions.size)) returnPositions.set(id, nextPosition());
  return calls.map((operation, offset) => {
    const callPosition = callPositions[offset] ?? 0;
    return { operation, callPosition, returnPosition: returnPositions.get(operation.id) ?? Infinity };
  });
}

function checkOperations<Input, Output>(operations: ReadonlyArray<Operation<Input, Output>>): void {
  const places = new Map<OperationId, number>();
  operations.forEach(({ id, callAt, returnAt }, place) => {
    const earlier = places.get(id);
    if (earlier !== undefined) {
      const found = `is also at history[${earlier}]`;
      throw new MalformedHistoryError('duplicate-id', id, { place, found });
    }
    places.set(id, place);
    if (!Number.isFinite(callAt) || (returnAt !== undefined && !Number.isFinite(returnAt))) {
      const found = `is called at ${callAt} and returns at ${returnAt}`;
      throw new MalformedHistoryError('bad-time', id, { place, found });
    }
    if (returnAt !== undefined && returnAt < callAt) {
      const found = `returns at ${returnAt}, before its call at ${callAt}`;
      throw new MalformedHistoryError('return-before-call', id, { place, found });
    }
  });
}

interface Placed<Event> {
  readonly event: Event;
  readonly position: number;
}

function intervalsOfEvents<Input, Output>(
  events: ReadonlyArray<HistoryEvent<Input, Output>>,
): Array<Interval<Input, Output>> {
  checkTimes(events);
  const calls = new Map<OperationId, Placed<CallEvent<Input>>>();
  events.forEach((event, position) => {
    if (event.kind !== 'call') return;
    const earlier = calls.get(event.id);
    if (earlier !== undefined) {
      const found = `is called a second time; the first call is at history[${earlier.position}]`;
      throw new MalformedHistoryError('duplicate-id', event.id, { place: position, found });
    }
    calls.set(event.id, { event, position });
  });
  const returns = returnsOf(events, calls);
  return [...calls.values()].map((call) => intervalOf(call, returns.get(call.event.id)));
}

function checkTimes<Input, Output>(events: ReadonlyArray<HistoryEvent<Input, Output>>): void {
  let latest = -Infinity;
  events.forEach(({ id, at }, place) => {
    if (at === undefined) return;
    if (!Number.isFinite(at) || at < latest) {
      const found = `has an event at time ${at}, after one at time ${latest}`;
      throw new MalformedHistoryError('bad-time', id, { place, found });
    }
    latest = at;
  });
}

function returnsOf<Input, Output>(
  events: ReadonlyArray<HistoryEvent<Input, Output>>,
  calls: ReadonlyMap<OperationId, Placed<CallEvent<Input>>>,
): Map<OperationId, Placed<ReturnEvent<Output>>> {
  const returns = new Map<OperationId, Placed<ReturnEvent<Output>>>();
  events.forEach((event, position) => {
    if (event.kind !== 'return') return;
    const { id } = event;
    const call = calls.get(id);
    if (call === undefined) {
      const found = 'returns, but was never called';
      throw new MalformedHistoryError('return-without-call', id, { place: position, found });
    }
    if (position < call.position) {
      const found = `returns before its call at history[${call.position}]`;
      throw new MalformedHistoryError('return-before-call', id, { place: position, found });
    }
    const earlier = returns.get(id);
    if (earlier !== undefined) {
      const found = `returns a second time; the first return is at history[${earlier.position}]`;
      throw new MalformedHistoryError('duplicate-return', id, { place: position, found });
    }
    returns.set(id, { event, position });
  });
  return returns;
}

function intervalOf<Input, Output>(
  { event, position }: Placed<CallEvent<Input>>,
  returned: Placed<ReturnEvent<Output>> | undefined,
): Interval<Input, Output> {
  const { id, client, input } = event;
  const call = { id, client, input, callAt: event.at ?? position };
  if (returned === undefined) return { operation: call, callPosition: position, returnPosition: Infinity };
  const returnPosition = returned.position;
  const operation = { ...call, output: returned.event.output, returnAt: returned.event.at ?? returnPosition };
  return { operation, callPosition: position, returnPosition };
}
