// Histories whose verdict is known from how they were made: legal ones of a simulated object, and the same with one thing in
// them that no order can explain.
import {
  checkHistory,
  keyValueModel,
  listAppendModel,
  registerModel,
  type KeyValueInput,
  type KeyValueOutput,
  type ListInput,
  type ListOutput,
  type Model,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import {
  keyValueObject,
  listObject,
  registerObject,
  syntheticHistory,
  type SequentialObject,
} from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { isLegal, precedes } from './oracle.ts';

const historiesEach = 250;

interface World<State, Input, Output extends object> {
  readonly model: Model<State, Input, Output>;
  readonly makeObject: () => SequentialObject<Input, Output>;
  /** Every value that is written is written once. */
  readonly inputOf: (random: Random) => (id: number, client: number) => Input;
}

type Break<Input, Output> = (
  operations: ReadonlyArray<Operation<Input, Output>>,
) => ReadonlyArray<Operation<Input, Output>> | undefined;
