// How much searching is needed, in steps, which are the same on every machine. Without the look ahead, or without taking reads at
// once, most of these histories are not decided in millions of steps.
import {
  checkHistory,
  keyValueModel,
  registerModel,
  type KeyValueInput,
  type Model,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
} from '@raftlab/linearizability';
import { keyValueObject, syntheticHistory } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';

type Workload = 'puts' | 'appends' | 'both';

const options = { hasVersions: false };

test.each<[Workload, number, number, number]>([
  ['puts', 5, 5000, 0],
  ['appends', 5, 5000, 0],
  ['both', 5, 5000, 0],
  ['puts', 20, 2000, 0],
  ['appends', 20, 2000, 0],
  ['both', 20, 2000, 0],
  ['puts', 10, 1000, 50],
  ['appends', 10, 1000, 50],
  ['both', 10, 1000, 50],
])(
  'gets and %s of %i clients on one key: %i operations, %i of 1,000 without a return',
  (workload, clientCount, operationCount, lostPerMille) => {
    const draws = Random.fromSeed(5);
    const inputOf = (id: number): KeyValueInput => inputFor(workload, draws, id);
    const scale = { clientCount, operationCount, lostPerMille };
    const history = syntheticHistory(keyValueObject(options), { ...scale, draws, inputOf });
    const { verdict, steps } = checkHistory(keyValueModel(options), history, { maxSteps: 100_000 });
    expect(verdict).toBe('ok');
    expect(steps).toBeLessThan(operationCount * (2 + clientCount / 2));
  },
);

test('reads that are under way together are taken one after the other, not in every selection', () => {
  const model = registerModel(0);
  const blind: Model<RegisterValue, RegisterInput, RegisterOutput> = {
    init: 0,
    key: (state) => state,
    step: (state, input, output) => model.step(state, input, output),
    isReadOnly: ({ kind }) => kind === 'read',
  };
  const reads = Array.from({ length: 20 }, (_, id): Operation<RegisterInput, RegisterOutput> => {
    return { id, input: { kind: 'read' }, callAt: 0, output: { value: 0 }, returnAt: 9 };
  });
  const impossible = {
    id: 'x',
    input: { kind: 'read' },
    callAt: 0,
    output: { value: 1 },
    returnAt: 9,
  } as const;
  const { verdict, steps } = checkHistory(blind, [...reads, impossible]);
  expect(verdict).toBe('illegal');
  expect(steps).toBeLessThan(50);
});

function inputFor(workload: Workload, draws: Random, id: number): KeyValueInput {
  if (draws.chance(1, 2)) return { kind: 'get', key: 'x' };
  const isPut = workload === 'puts' || (workload === 'both' && draws.chance(1, 5));
  return { kind: isPut ? 'put' : 'append', key: 'x', value: `${id};` };
}
