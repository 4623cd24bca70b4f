// What may cross the network, and where in a value the culprit is when it may not.
import { findUntravellable, formatPath, maxDepth, type ValuePath } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { travellable } from './arbitraries.ts';

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

const culprits: Array<[what: string, culprit: unknown, reason: string, inside: ValuePath]> = [
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
  ['an array of a class of its own', Names.from(['a']), 'an instance of Names', []],
  ['an object on another object', Object.create({ inherited: 1 }), 'an instance of Object', []],
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
  ['a name that is a symbol', { [Symbol('s')]: 1 }, 'a property named by a symbol, Symbol(s)', []],
  ['the name __proto__', JSON.parse('{"__proto__": {}}'), 'a property named __proto__', ['__proto__']],
  ['half a surrogate pair', 'a\uD800b', 'a string with half a surrogate pair', []],
  ['the other half', '\uDC00', 'a string with half a surrogate pair', []],
  ['halves in the wrong order', '\uDC00\uD800', 'a string with half a surrogate pair', []],
  ['a byte order mark', '\uFEFFtext', 'a string that begins with a byte order mark', []],
  [
    'a name with half a pair',
    { '\uD800': 1 },
    'a property whose name is a string with half a surrogate pair',
    ['\uD800'],
  ],
];

describe('findUntravellable refuses', () => {
  test.each(culprits)('%s, on its own and deep inside', (_what, culprit, reason, inside) => {
    expect(findUntravellable(culprit)).toEqual({ path: inside, reason });
    expect(findUntravellable({ op: 'put', args: [0, { culprit }] })).toEqual({
      path: ['args', 1, 'culprit', ...inside],
      reason,
    });
  });

  test(`nesting deeper than ${maxDepth}, and not that deep`, () => {
    expect(findUntravellable(nested(maxDepth))).toBeUndefined();
    expect(findUntravellable(nested(maxDepth + 1))).toEqual({
      path: Array.from({ length: maxDepth }, () => 0),
      reason: `nested more than ${maxDepth} levels deep`,
    });
  });

  // The one law of paths: following the path leads to the culprit, wherever it was put.
  test('any culprit, wherever it is, at its right path', () => {
    const step = fc.oneof(
      fc.nat(5),
      fc.string().filter((name) => name !== '__proto__' && !name.startsWith('\uFEFF')),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), travellable, (path, neighbour) => {
        let value: unknown = 1n;
        for (const at of path.toReversed()) {
          value =
            typeof at === 'number'
              ? [...Array.from({ length: at }, () => neighbour), value, neighbour]
              : { [at]: value };
        }
        expect(findUntravellable(value)).toEqual({ path, reason: 'a bigint (send it as a string)' });
      }),
    );
  });
});

describe('findUntravellable lets through', () => {
  test('everything else', () => {
    fc.assert(
      fc.property(travellable, (value) => {
        expect(findUntravellable(value)).toBeUndefined();
      }),
    );
  });

  test('one object in two places: that is no cycle', () => {
    const shared = { a: 1 };
    expect(findUntravellable([shared, shared, { shared }])).toBeUndefined();
  });

  test('a whole surrogate pair, and a byte order mark inside a text', () => {
    expect(findUntravellable('\u{1F600} a\uFEFFb')).toBeUndefined();
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
