// What a person reads of a result.
import {
  checkHistory,
  illegal,
  keyValueModel,
  listAppendModel,
  registerModel,
  renderResult,
  type KeyValueInput,
  type KeyValueOutput,
  type Model,
  type Operation,
  type RegisterInput,
} from '@raftlab/linearizability';
import { expect, test } from 'vitest';

const model = keyValueModel();

function operation(
  id: number,
  input: KeyValueInput,
  { output, times: [callAt, returnAt] }: { output?: KeyValueOutput; times: readonly [number, number?] },
): Operation<KeyValueInput, KeyValueOutput> {
  return { id, client: id % 2, input, callAt, output, returnAt };
}

test('an illegal history is shown with its prefixes', () => {
  const operations = [
    operation(1, { kind: 'put', key: 'x', value: '1' }, { output: {}, times: [0, 5] }),
    operation(2, { kind: 'put', key: 'x', value: '2' }, { output: {}, times: [6, 9] }),
    operation(3, { kind: 'append', key: 'x', value: '3' }, { times: [7] }),
    operation(4, { kind: 'get', key: 'x' }, { output: { value: '1' }, times: [12, 13] }),
    operation(5, { kind: 'get', key: 'y' }, { output: { value: null }, times: [12, 13] }),
  ];
  expect(`${renderResult(model, checkHistory(model, operations))}\n`).toBe(`\
not linearizable: partition "x", 4 operations, 3 steps

the longest linearizable prefix, 2 operations:
      1. #1 client 1 [0, 5] put(x, "1")
      2. #2 client 0 [6, 9] put(x, "2")
  state: "2", version 2
  no place for: #4 client 0 [12, 13] get(x) → "1"
  what can be next:
    #3 client 1 [7, never] append(x, "3"): legal, but then there is no way on
    #4 client 0 [12, 13] get(x) → "1": illegal in this state
`);
});

test('of a long prefix the last operations are shown', () => {
  const writes = Array.from({ length: 100 }, (_, id): Operation<RegisterInput, object> => {
    return { id, input: { kind: 'write', value: id }, callAt: id, output: {}, returnAt: id + 0.5 };
  });
  const last = {
    id: 'r',
    input: { kind: 'read' },
    callAt: 100,
    output: { value: 98 },
    returnAt: 101,
  } as const;
  const text = renderResult(registerModel(), checkHistory(registerModel(), [...writes, last]));
  expect(text).toContain('(88 operations before)\n     89. #88 [88, 88.5] write(88)\n');
  expect(text).toContain('no place for: #r [100, 101] read() → 98');
});

test('what the model found is said before the prefixes', () => {
  const read = {
    id: 1,
    input: { kind: 'read', key: 'l' },
    callAt: 0,
    output: { elements: [7] },
    returnAt: 1,
  } as const;
  const [headline, reason] = renderResult(listAppendModel, checkHistory(listAppendModel, [read])).split('\n');
  expect(headline).toBe('not linearizable: partition "l", 1 operation, 0 steps');
  expect(reason).toBe('operation 1, read(l) → [7] has the element 7, which was not appended');
});

test('a legal history is one line', () => {
  const get = operation(5, { kind: 'get', key: 'y' }, { output: { value: null }, times: [12, 13] });
  expect(renderResult(model, checkHistory(model, [get]))).toBe(
    'linearizable: 1 operation, 1 partition, 1 step',
  );
});

test('an undecided history says so, and never that it is linearizable', () => {
  const put = (id: number, key: string): Operation<KeyValueInput, KeyValueOutput> => {
    return operation(id, { kind: 'put', key, value: '1' }, { times: [0, 9] });
  };
  const history = [put(1, 'x'), put(2, 'x'), put(3, 'y'), put(4, 'z')];
  const text = renderResult(model, checkHistory(model, history, { maxSteps: 1 }));
  expect(text.split('\n')[0]).toBe(
    'undecided, the budget of steps is spent: partition "x", 2 operations, 1 step; 2 more partitions undecided',
  );
});

test('a model without texts of its own is shown as JSON', () => {
  const plain: Model<number, { kind: string }, unknown> = {
    init: 0,
    step: () => illegal,
    key: (state) => state,
  };
  const read = { id: 1, input: { kind: 'read' }, callAt: 0, output: { value: 7n }, returnAt: 1 };
  const text = renderResult(plain, checkHistory(plain, [read]));
  expect(text).toContain('  state: 0\n  no place for: #1 [0, 1] ({"kind":"read"}) → {"value":"7n"}');
});
