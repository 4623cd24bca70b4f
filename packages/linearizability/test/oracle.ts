// The definition of linearizability, word by word and without any cleverness: is there an order? For small histories.
import type { Operation } from '@raftlab/linearizability';
import type { SequentialObject } from '@raftlab/linearizability/synthetic';

/** Tries every order that respects the times, with every choice of the operations that never returned. */
export function hasLinearization<Input, Output extends object>(
  makeObject: () => SequentialObject<Input, Output>,
  operations: ReadonlyArray<Operation<Input, Output>>,
): boolean {
  const extend = (order: ReadonlyArray<Operation<Input, Output>>): boolean => {
    if (!isLegal(makeObject(), order)) return false;
    const remaining = operations.filter((operation) => !order.includes(operation));
    if (remaining.every(({ returnAt }) => returnAt === undefined)) return true;
    return remaining
      .filter((next) => !remaining.some((other) => precedes(other, next)))
      .some((next) => extend([...order, next]));
  };
  return extend([]);
}

export function precedes<Input, Output>(
  first: Operation<Input, Output>,
  second: Operation<Input, Output>,
): boolean {
  return first.returnAt !== undefined && first.returnAt < second.callAt;
}

/** Whether the object gives these outputs when it executes the operations in this order. */
export function isLegal<Input, Output extends object>(
  object: SequentialObject<Input, Output>,
  order: ReadonlyArray<Operation<Input, Output>>,
): boolean {
  return order.every(({ input, output }) => agrees(output, object.execute(input)));
}

/** Whether what is known of an output is what the object returned. */
function agrees<Output extends object>(known: Output | undefined, actual: Output): boolean {
  if (known === undefined) return true;
  const fields = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(known).every(([name, value]) => {
    const field = fields.get(name);
    return value === undefined || value === field || JSON.stringify(value) === JSON.stringify(field);
  });
}
