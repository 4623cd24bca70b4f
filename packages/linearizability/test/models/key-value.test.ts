// What the key/value model adds to the plain store: outputs of which only parts are known, and stores without versions.
import { illegal, keyValueModel, type KeyValueInput, type KeyValueOutput } from '@raftlab/linearizability';
import { expect, test } from 'vitest';

const put = (value: string): KeyValueInput => ({ kind: 'put', key: 'x', value });
const get: KeyValueInput = { kind: 'get', key: 'x' };
const compareAndSet = (version: number): KeyValueInput => {
  return { kind: 'compareAndSet', key: 'x', value: 'new', version };
};

/** Whether the operations can follow each other. */
function isLegal(
  model: ReturnType<typeof keyValueModel>,
  operations: ReadonlyArray<readonly [KeyValueInput, KeyValueOutput]>,
): boolean {
  let state = model.init;
  for (const [input, output] of operations) {
    const next = model.step(state, input, output);
    if (next === illegal) return false;
    state = next;
  }
  return true;
}

test.each<[string, boolean, ReadonlyArray<readonly [KeyValueInput, KeyValueOutput]>]>([
  ['a missing key has version 0', true, [[get, { value: null, version: 0 }]]],
  [
    'a put makes version 1',
    true,
    [
      [put('1'), { version: 1 }],
      [get, { value: '1', version: 1 }],
    ],
  ],
  [
    'an append makes a key',
    true,
    [
      [{ kind: 'append', key: 'x', value: '1' }, { version: 1 }],
      [get, { value: '1' }],
    ],
  ],
  ['a compare-and-set with version 0 makes a key', true, [[compareAndSet(0), { applied: true, version: 1 }]]],
  [
    'a compare-and-set with the wrong version changes nothing',
    true,
    [
      [put('1'), {}],
      [compareAndSet(0), { applied: false, version: 1 }],
      [get, { value: '1' }],
    ],
  ],
  [
    'a compare-and-set of which it is not known applies if it can',
    false,
    [
      [put('1'), {}],
      [compareAndSet(1), {}],
      [get, { value: '1' }],
    ],
  ],
  [
    'a deleted key is missing, and has version 0 again',
    true,
    [
      [put('1'), {}],
      [{ kind: 'delete', key: 'x' }, { applied: true }],
      [get, { value: null, version: 0 }],
      [compareAndSet(0), { applied: true }],
    ],
  ],
  ['a missing key cannot be deleted', false, [[{ kind: 'delete', key: 'x' }, { applied: true }]]],
  [
    'a put with an earlier version is illegal',
    false,
    [
      [put('1'), {}],
      [put('2'), { version: 1 }],
    ],
  ],
])('%s', (_title, legal, operations) => {
  expect(isLegal(keyValueModel(), operations)).toBe(legal);
});

test("what a get of a missing key returns is the store's choice", () => {
  const lab = keyValueModel({ missing: '' });
  expect(isLegal(lab, [[get, { value: '' }]])).toBe(true);
  expect(isLegal(lab, [[get, { value: null }]])).toBe(false);
  expect(
    isLegal(lab, [
      [put(''), {}],
      [get, { value: '' }],
    ]),
  ).toBe(true);
});

test('a store without versions refuses operations that have one', () => {
  const model = keyValueModel({ hasVersions: false });
  expect(() => model.step(model.init, compareAndSet(0), {})).toThrow(RangeError);
  expect(() => model.step(model.init, get, { version: 1 })).toThrow(/key "x" has version 1/);
  expect(
    isLegal(model, [
      [put('1'), {}],
      [put('1'), {}],
      [get, { value: '1' }],
    ]),
  ).toBe(true);
});

test('operations and states are described', () => {
  const model = keyValueModel();
  const state = model.step(model.init, put('1'), undefined);
  const text = (input: KeyValueInput, output?: KeyValueOutput): string | undefined =>
    model.describe?.(input, output);
  expect(state !== illegal && model.describeState?.(state)).toBe('"1", version 1');
  expect(model.describeState?.(model.init)).toBe('missing, version 0');
  expect(text(get, { value: '1', version: 3 })).toBe('get(x) → "1", version 3');
  expect(text(get)).toBe('get(x)');
  expect(text(put('1'), {})).toBe('put(x, "1")');
  expect(text(compareAndSet(2), { applied: false })).toBe('compareAndSet(x, version 2, "new") → not applied');
  expect(text(put('0123456789'.repeat(20)))).toBe(
    `put(x, "${'0123456789'.repeat(3).slice(0, 29)}…${'0123456789'.repeat(3).slice(1)}")`,
  );
});
