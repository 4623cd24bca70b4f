// Ways to break a legal history so that surely no order explains it any more. Each needs a history in which every value is
// written once; it is undefined when the history has no place for the fault.
import type { Operation } from '@raftlab/linearizability';
import { precedes } from './oracle.ts';

type Operations<Input, Output> = ReadonlyArray<Operation<Input, Output>>;

/** A history with a fault. */
export type Fault<Input, Output> = (
  operations: Operations<Input, Output>,
) => Operations<Input, Output> | undefined;

/** How to look at the operations of an object of which a read returns the last value written. */
export interface Values<Input, Output> {
  /** What an operation writes; `undefined` when it is a read. */
  readonly written: (input: Input) => string | undefined;
  /** The output of a read. */
  readonly reading: (value: string) => Output;
}

/** By name. */
export function valueFaults<Input, Output>(
  values: Values<Input, Output>,
): Readonly<Record<string, Fault<Input, Output>>> {
  return {
    'a read returns what was never written': (operations) => {
      const [read] = readsOf(operations, values);
      return read && withOutput(operations, read, values.reading('never written'));
    },
    'a read returns what was overwritten before it': (operations) => {
      for (const read of readsOf(operations, values)) {
        for (const second of writesOf(operations, values)) {
          const first = writesOf(operations, values).find((write) => precedes(write, second));
          const value = first && values.written(first.input);
          if (value === undefined || !precedes(second, read)) continue;
          return withOutput(operations, read, values.reading(value));
        }
      }
      return undefined;
    },
    'a read returns what is written after it': (operations) => {
      for (const read of readsOf(operations, values)) {
        const write = writesOf(operations, values).find((later) => precedes(read, later));
        const value = write && values.written(write.input);
        if (value !== undefined) return withOutput(operations, read, values.reading(value));
      }
      return undefined;
    },
  };
}

/** How to look at the operations of an object that is only appended to. */
export interface Appends<Input, Output> {
  readonly appended: (input: Input) => string | undefined;
  /** What a read returned, in parts as they were appended; `undefined` when the operation is not a read that returned. */
  readonly partsOf: (operation: Operation<Input, Output>) => readonly string[] | undefined;
  readonly reading: (parts: readonly string[]) => Output;
}

/** By name. */
export function appendFaults<Input, Output>(
  appends: Appends<Input, Output>,
): Readonly<Record<string, Fault<Input, Output>>> {
  const { appended, partsOf, reading } = appends;
  /** Changes the first read for which there is a change. */
  const changeRead =
    (
      change: (
        parts: readonly string[],
        read: Operation<Input, Output>,
        operations: Operations<Input, Output>,
      ) => readonly string[] | undefined,
    ): Fault<Input, Output> =>
    (operations) => {
      for (const read of operations) {
        const parts = partsOf(read);
        const changed = parts && change(parts, read, operations);
        if (changed !== undefined) return withOutput(operations, read, reading(changed));
      }
      return undefined;
    };
  return {
    'a read lacks what was appended before it': changeRead((parts, read, operations) => {
      const early = operations.find(({ input, ...rest }) => {
        return appended(input) !== undefined && precedes({ input, ...rest }, read);
      });
      return early && parts.filter((part) => part !== appended(early.input));
    }),
    'a read has what is appended after it': changeRead((parts, read, operations) => {
      const late = operations.find((operation) => precedes(read, operation) && appended(operation.input));
      const part = late && appended(late.input);
      return part === undefined ? undefined : [...parts, part];
    }),
    'a read has an append twice': changeRead((parts) => {
      const last = parts.at(-1);
      return last === undefined ? undefined : [...parts, last];
    }),
    'two reads have appends in different orders': changeRead((parts, read, operations) => {
      const [one, other] = parts.slice(-2);
      const isShown = operations.some((witness) => {
        return witness !== read && partsOf(witness)?.includes(other ?? '') === true;
      });
      return one === undefined || other === undefined || !isShown
        ? undefined
        : [...parts.slice(0, -2), other, one];
    }),
  };
}

/** The same operations, one of them with another output. */
export function withOutput<Input, Output>(
  operations: Operations<Input, Output>,
  changed: Operation<Input, Output>,
  output: Output,
): Operations<Input, Output> {
  return operations.map((operation) => (operation === changed ? { ...operation, output } : operation));
}

function readsOf<Input, Output>(
  operations: Operations<Input, Output>,
  { written }: Values<Input, Output>,
): Operations<Input, Output> {
  return operations.filter(({ input, returnAt }) => written(input) === undefined && returnAt !== undefined);
}

function writesOf<Input, Output>(
  operations: Operations<Input, Output>,
  { written }: Values<Input, Output>,
): Operations<Input, Output> {
  return operations.filter(({ input }) => written(input) !== undefined);
}
