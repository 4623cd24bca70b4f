// Which values are serializable, and the path to the first part that is not.
import { findUnserializable, formatPath, nestingLevelMax, type ValuePath } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializable } from './arbitraries.ts';

class Account {
  balance = 1;
}
class Names extends Array<string> {}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function cyclic(): unknown {
  const value: { a: unknown[] } = { a: [1] };
  value.a.push({ back: value });
  return value;
}

function hidden(): unknown {
  return Object.defineProperty({ a: 1 }, 'b', { value: 1, enumerable: false });
}

function withProperties(): unknown {
  return Object.assign([1], { extra: 1 });
}

function sparse(): unknown {
  const items = [1];
  items[2] = 3;
  return items;
}

const unserializable: Array<[what: string, part: unknown, reason: string, inside: ValuePath]> = [
  ['a function', () => 1, 'a function', []],
  ['a class', Account, 'a function', []],
  ['a symbol', Symbol('s'), 'a symbol', []],
  ['a bigint', 1n, 'a bigint (send it as a string)', []],
  ['a class instance', new Account(), 'an instance of Account', []],
  ['a URL', new URL('http://localhost'), 'an instance of URL', []],
  ['a Map', new Map(), 'an instance of Map', []],
  ['a Set', new Set(), 'an instance of Set', []],
  ['an Error', new TypeError('t'), 'an instance of TypeError', []],
  ['a RegExp', /x/, 'an instance of RegExp', []],
  ['a Promise', Promise.resolve(), 'an instance of Promise', []],
  ['an ArrayBuffer', new ArrayBuffer(1), 'an instance of ArrayBuffer', []],
  ['another typed array', new Float64Array(1), 'an instance of Float64Array', []],
  [
    'an instance of a class without a name',
    Object.create(Object.create(null)),
    'an instance of a class without a name',
    [],
  ],
  ['an array of another class', Names.from(['a']), 'an instance of Names', []],
  [
    'an object with another object as its prototype',
    Object.create({ inherited: 1 }),
    'an instance of Object',
    [],
  ],
  ['a cycle', cyclic(), 'a cycle: the value contains itself', ['a', 1, 'back']],
  ['a hole', sparse(), 'a hole in an array', [1]],
  ['an array with properties', withProperties(), 'an array with properties of its own', []],
  [
    'a getter',
    Object.defineProperty({}, 'g', { get: () => 1, enumerable: true }),
    'a getter or setter',
    ['g'],
  ],
  ['a hidden property', hidden(), 'a hidden (non-enumerable) property', ['b']],
  ['a property named by a symbol', { [Symbol('s')]: 1 }, 'a property named by a symbol, Symbol(s)', []],
  [
    'a property named __proto__',
    JSON.parse('{"__proto__": {}}'),
    'a property named __proto__',
    ['__proto__'],
  ],
  ['the first half of a surrogate pair', 'a\uD800b', 'a string with half a surrogate pair', []],
  ['the second half', '\uDC00', 'a string with half a surrogate pair', []],
  ['halves in the wrong order', '\uDC00\uD800', 'a string with half a surrogate pair', []],
  ['a byte order mark', '\uFEFFtext', 'a string that begins with a byte order mark', []],
  [
    'a property name with half a pair',
    { '\uD800': 1 },
    'a property whose name is a string with half a surrogate pair',
    ['\uD800'],
  ],
];

describe('findUnserializable finds', () => {
  test.each(unserializable)('%s, by itself and inside other values', (_what, part, reason, inside) => {
    expect(findUnserializable(part)).toEqual({ path: inside, reason });
    expect(findUnserializable({ op: 'put', args: [0, { part }] })).toEqual({
      path: ['args', 1, 'part', ...inside],
      reason,
    });
  });

  test(`more than ${nestingLevelMax} levels of nesting`, () => {
    expect(findUnserializable(nested(nestingLevelMax))).toBeUndefined();
    expect(findUnserializable(nested(nestingLevelMax + 1))).toEqual({
      path: Array.from({ length: nestingLevelMax }, () => 0),
      reason: `nested more than ${nestingLevelMax} levels deep`,
    });
  });

  test('the path to an unserializable part at any place', () => {
    const step = fc.oneof(
      fc.nat(5),
      fc.string().filter((name) => name !== '__proto__' && !name.startsWith('\uFEFF')),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), serializable, (path, neighbour) => {
        let value: unknown = 1n;
        for (const at of path.toReversed()) {
          value =
            typeof at === 'number'
              ? [...Array.from({ length: at }, () => neighbour), value, neighbour]
              : { [at]: value };
        }
        expect(findUnserializable(value)).toEqual({ path, reason: 'a bigint (send it as a string)' });
      }),
    );
  });
});

describe('findUnserializable accepts', () => {
  test('every serializable value', () => {
    fc.assert(
      fc.property(serializable, (value) => {
        expect(findUnserializable(value)).toBeUndefined();
      }),
    );
  });

  test('one object in two places, which is not a cycle', () => {
    const shared = { a: 1 };
    expect(findUnserializable([shared, shared, { shared }])).toBeUndefined();
  });

  test('a surrogate pair, and a byte order mark inside a string', () => {
    expect(findUnserializable('\u{1F600} a\uFEFFb')).toBeUndefined();
  });
});

test.each<[ValuePath, string]>([
  [[], 'the value itself'],
  [['entries', 3, 'command'], 'entries[3].command'],
  [[0, 'a'], '[0].a'],
  [['a b', '', '$x', '0'], '["a b"][""].$x["0"]'],
])('formatPath(%j) is %s', (path, expected) => {
  expect(formatPath(path)).toBe(expected);
});
