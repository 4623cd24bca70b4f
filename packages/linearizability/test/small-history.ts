// Random histories that are small enough for the oracle. Times are few, so that many are equal.
import type { KeyValueInput, ListInput, Operation, RegisterInput } from '@raftlab/linearizability';
import type { SequentialObject } from '@raftlab/linearizability/synthetic';
import type { Random } from '@raftlab/runtime';

const operationsMax = 6;
const callAtMax = 12;
const durationMax = 4;

/** What the operations work on, and how they are drawn. */
export interface SmallWorld<Input, Output> {
  readonly makeObject: () => SequentialObject<Input, Output>;
  readonly inputOf: (random: Random) => Input;
}

/**
 * Operations at random times with the outputs of a run in some order. In a third of the cases the order respects the times; in the
 * others only some of what is put out of order is still legal.
 */
export function smallHistory<Input, Output>(
  random: Random,
  { makeObject, inputOf }: SmallWorld<Input, Output>,
): Array<Operation<Input, Output>> {
  const object = makeObject();
  const isInOrder = random.chance(1, 3);
  const attempts = Array.from({ length: random.int(1, operationsMax) }, () => {
    const callAt = random.int(0, callAtMax);
    const returnAt = callAt + random.int(0, durationMax);
    return {
      callAt,
      returnAt,
      effectAt: isInOrder ? random.int(callAt, returnAt) : random.int(0, callAtMax),
    };
  }).toSorted((a, b) => a.effectAt - b.effectAt);
  return attempts.map(({ callAt, returnAt }, id): Operation<Input, Output> => {
    const input = inputOf(random);
    const isLost = random.chance(1, 8);
    if (isLost && random.chance(1, 2)) return { id, input, callAt };
    const output = object.execute(input);
    if (isLost) return { id, input, callAt };
    return { id, input, callAt, returnAt, output: random.chance(1, 15) ? undefined : output };
  });
}

function key(random: Random): string {
  return random.chance(1, 5) ? 'y' : 'x';
}

export function registerInput(random: Random): RegisterInput {
  const draw = random.int(0, 9);
  if (draw < 5) return { kind: 'read', key: key(random) };
  if (draw < 8) return { kind: 'write', key: key(random), value: random.int(0, 2) };
  return { kind: 'compareAndSet', key: key(random), from: random.int(0, 2), to: random.int(0, 2) };
}

export function keyValueInput(random: Random): KeyValueInput {
  const draw = random.int(0, 19);
  const value = random.pick(['a', 'b', 'ab', '']);
  if (draw < 9) return { kind: 'get', key: key(random) };
  if (draw < 12) return { kind: 'put', key: key(random), value };
  if (draw < 16) return { kind: 'append', key: key(random), value };
  if (draw < 18) return { kind: 'delete', key: key(random) };
  return { kind: 'compareAndSet', key: key(random), value, version: random.int(0, 2) };
}

/** Draws for a store without versions: nothing that has one. */
export function unversionedInput(random: Random): KeyValueInput {
  const input = keyValueInput(random);
  return input.kind === 'compareAndSet' ? { kind: 'get', key: input.key } : input;
}

export function listInput(random: Random): ListInput {
  if (random.chance(1, 2)) return { kind: 'read', key: key(random) };
  return { kind: 'append', key: key(random), element: random.int(1, 3) };
}

/** Draws that append no element twice, so that the order of a list can be read off. */
export function uniqueListInput(): (random: Random) => ListInput {
  let next = 0;
  return (random) => {
    if (random.chance(1, 2)) return { kind: 'read', key: key(random) };
    next += 1;
    return { kind: 'append', key: key(random), element: next };
  };
}
