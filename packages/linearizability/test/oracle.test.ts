// Small histories, legal and illegal, against the definition itself. Each model is tried as it is, and with nothing but what a
// model must have: what shortens searches may not change a verdict.
import {
  checkHistory,
  keyValueModel,
  listAppendModel,
  registerModel,
  type Model,
  type Operation,
} from '@raftlab/linearizability';
import { keyValueObject, listObject, registerObject } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { hasLinearization } from './oracle.ts';
import {
  keyValueInput,
  listInput,
  registerInput,
  smallHistory,
  uniqueListInput,
  unversionedInput,
  type SmallWorld,
} from './small-history.ts';

const historiesEach = 4500;

test('registers: the verdict is that of the definition', () => {
  check(registerModel(0), { makeObject: () => registerObject(0), inputOf: registerInput });
});

test('a key/value store with versions: the verdict is that of the definition', () => {
  check(keyValueModel(), { makeObject: () => keyValueObject(), inputOf: keyValueInput });
});

test("a key/value store as the lab's: the verdict is that of the definition", () => {
  const options = { missing: '', hasVersions: false };
  check(keyValueModel(options), { makeObject: () => keyValueObject(options), inputOf: unversionedInput });
});

test('lists in which elements repeat: the verdict is that of the definition', () => {
  check(listAppendModel, { makeObject: listObject, inputOf: listInput });
});

test('lists in which no element repeats: the verdict is that of the definition', () => {
  check(listAppendModel, { makeObject: listObject, inputOf: uniqueListInput() });
});

function check<State, Input, Output extends object>(
  model: Model<State, Input, Output>,
  world: SmallWorld<Input, Output>,
): void {
  const bare = bareModel(model);
  const count = { ok: 0, illegal: 0 };
  for (let seed = 1; seed <= historiesEach; seed += 1) {
    const operations = smallHistory(Random.fromSeed(seed), world);
    const expected = hasLinearization(world.makeObject, operations) ? 'ok' : 'illegal';
    const verdicts = [checkHistory(model, operations).verdict, checkHistory(bare, operations).verdict];
    expect(verdicts, failureOf(seed, operations)).toEqual([expected, expected]);
    count[expected] += 1;
  }
  expect(Math.min(count.ok, count.illegal)).toBeGreaterThan(historiesEach / 10);
}

/** Without reads, look ahead, hashes and decisions. Partitions stay: the models know one key only. */
function bareModel<State, Input, Output>(model: Model<State, Input, Output>): Model<State, Input, Output> {
  const required = {
    init: model.init,
    step: (state: State, input: Input, output: Output | undefined) => model.step(state, input, output),
    partition: (input: Input) => model.partition?.(input),
  };
  return 'key' in model
    ? { ...required, key: (state) => model.key(state) }
    : { ...required, equal: (one, other) => model.equal(one, other) };
}

function failureOf<Input, Output>(seed: number, operations: ReadonlyArray<Operation<Input, Output>>): string {
  return `seed ${seed}:\n${operations.map((operation) => JSON.stringify(operation)).join('\n')}`;
}
