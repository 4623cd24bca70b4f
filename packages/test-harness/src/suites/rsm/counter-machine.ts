// The service of the rsm tests: a counter. A decrement must never be executed.
import { valueCodec, type Codec } from '@raftlab/rpc';
import type { QueryableMachine } from '@raftlab/rsm';
import { z } from 'zod';
import { TestFailure } from '../../test-failure.ts';

/** `nothing` is executed, and changes nothing. */
export type CounterCommand = 'increment' | 'decrement' | 'nothing';

export const counterCommandCodec: Codec<CounterCommand> = valueCodec(
  'counter command',
  z.enum(['increment', 'decrement', 'nothing']),
);

export const countCodec: Codec<number> = valueCodec('count', z.int().min(0));

export class CounterMachine implements QueryableMachine<CounterCommand, number, null, number> {
  #count = 0;

  /** Returns the count afterwards. Throws a TestFailure for a decrement. */
  apply(command: CounterCommand): number {
    if (command === 'decrement')
      throw new TestFailure('a decrement was executed, which was submitted in a minority');
    if (command === 'increment') this.#count += 1;
    return this.#count;
  }

  query(): number {
    return this.#count;
  }

  snapshot(): Uint8Array {
    return countCodec.encode(this.#count);
  }

  restore(snapshot: Uint8Array): void {
    this.#count = countCodec.decode(snapshot);
  }
}
