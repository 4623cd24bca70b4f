// valueCodec: every serializable value arrives unchanged, and no bytes cause anything but a CodecError.
import { deepStrictEqual } from 'node:assert/strict';
import { CodecError, findUnserializable, tupleCodec, valueCodec } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anyBytes, damaged, serializable } from './arbitraries.ts';

const anything = valueCodec('value', z.unknown());

function decodeOrReject(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: anything.decode(bytes) };
  } catch (error) {
    if (error instanceof CodecError && error.action === 'decode' && error.subject === 'value')
      return undefined;
    throw error;
  }
}

describe('values', () => {
  test('arrive unchanged, and are the same bytes each time', () => {
    fc.assert(
      fc.property(serializable, (value) => {
        const bytes = anything.encode(value);
        expect(bytes.constructor).toBe(Uint8Array);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
        deepStrictEqual(anything.decode(bytes), value);
        expect(anything.encode(value)).toStrictEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[what: string, value: unknown, arrivesAs: unknown]>([
    ['-0 arrives as 0', { x: -0 }, { x: 0 }],
    [
      'an object without a prototype arrives with one',
      Object.assign(Object.create(null), { a: 1 }),
      { a: 1 },
    ],
    ['a Buffer arrives as a Uint8Array', Buffer.from('ab'), Uint8Array.from([97, 98])],
    ['one object in two places arrives as two objects', twice({ a: [1] }), [{ a: [1] }, { a: [1] }]],
    ['an undefined field arrives as undefined', { a: undefined }, { a: undefined }],
    ['a field named toJSON is data', { toJSON: 1, constructor: 2 }, { toJSON: 1, constructor: 2 }],
  ])('%s', (_what, value, arrivesAs) => {
    expect(anything.decode(anything.encode(value))).toStrictEqual(arrivesAs);
  });

  test('share no memory with the bytes, when encoded and when decoded', () => {
    const command = Uint8Array.from([1, 2, 3]);
    const bytes = anything.encode({ command });
    command.fill(9);
    const decoded = anything.decode(bytes);
    bytes.fill(9);
    expect(decoded).toStrictEqual({ command: Uint8Array.from([1, 2, 3]) });
  });

  test('do not change the bytes that they are decoded from', () => {
    const bytes = anything.encode([1, 'two', Uint8Array.from([3])]);
    const before = new Uint8Array(bytes);
    anything.decode(bytes);
    expect(bytes).toStrictEqual(before);
    expect(Object.keys(bytes)).toEqual(Object.keys(before));
  });

  test('that violate the schema are rejected when they are decoded, with the path', () => {
    const put = valueCodec('Put', z.strictObject({ key: z.string(), value: z.array(z.int()) }));
    const violation = anything.encode({ key: 'k', value: [1, 'two'] });
    expect(() => put.decode(violation)).toThrow(/^cannot decode Put at value\[1\]: /);
    expect(() => put.decode(anything.encode({ key: 'k', value: [], extra: 1 }))).toThrow(CodecError);
  });

  test('that violate the schema are rejected when they are encoded, with the path', () => {
    const put = valueCodec<unknown>('Put', z.strictObject({ key: z.string(), value: z.array(z.int()) }));
    const violation = { key: 'k', value: [1, 'two'] };
    expect(() => put.encode(violation)).toThrow(/^cannot encode Put at value\[1\]: /);
  });

  test('that are unserializable are rejected with the path', () => {
    const culprit = { op: 'put', values: [1, { next: () => 1 }] };
    expect(() => anything.encode(culprit)).toThrow(CodecError);
    expect(() => anything.encode(culprit)).toThrow(
      'cannot encode value at values[1].next: a function cannot be serialized',
    );
  });

  test('are encoded correctly after an error', () => {
    expect(() => anything.encode([1n])).toThrow(CodecError);
    expect(anything.decode(anything.encode([1, 2]))).toEqual([1, 2]);
  });
});

function twice(value: unknown): unknown[] {
  return [value, value];
}

describe('hostile bytes', () => {
  test('any bytes are decoded to a serializable value or rejected with a CodecError', () => {
    let decodedCount = 0;
    const given = fc.oneof(anyBytes, damaged(serializable.map((value) => anything.encode(value))));
    fc.assert(
      fc.property(given, (bytes) => {
        const decoded = decodeOrReject(bytes);
        if (decoded === undefined) return;
        decodedCount += 1;
        expect(findUnserializable(decoded.value)).toBeUndefined();
        anything.decode(anything.encode(decoded.value));
      }),
      { numRuns: 10_000 },
    );
    expect(decodedCount).toBeGreaterThan(500);
  });

  const extended = new Packr({ useRecords: false, moreTypes: true, structuredClone: true });
  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each<[what: string, bytes: Uint8Array]>([
    ['a date', Uint8Array.from([0x91, 0xd6, 0xff, 0, 0, 0, 5])],
    ['a date with nanoseconds', Uint8Array.from([0x91, 0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 5])],
    ['a Set', extended.pack(new Set([1]))],
    ['a RegExp', extended.pack([/a+/g])],
    ['an Error', extended.pack({ error: new RangeError('boo') })],
    ['a Float64Array', extended.pack([new Float64Array(2)])],
    ['an ArrayBuffer', extended.pack([new ArrayBuffer(2)])],
    ['a bigint', extended.pack([2n ** 60n])],
    ['a negative bigint', extended.pack([-(2n ** 60n)])],
    ['a huge bigint', new Packr({ useBigIntExtension: true }).pack([2n ** 300n])],
    ['a cycle', extended.pack(cycle)],
    ['one object in two places', extended.pack(twice({ a: 1 }))],
    ['C1, which msgpack never uses', Uint8Array.from([0x91, 0xc1])],
    ['an unknown extension', Uint8Array.from([0xd4, 0x21, 0])],
    ['an extension without its data', Uint8Array.from([0xc7, 0x05, 0x42])],
    [
      'bundled strings that end outside of the bytes',
      Uint8Array.from([0xd6, 0x62, 0, 0, 0, 4, 0xdb, 0xff, 0xff, 0xff, 0xff]),
    ],
    [
      'bundled strings with a negative offset',
      Uint8Array.from([0xd6, 0x62, 0xff, 0xff, 0xff, 0xf0, 0xa1, 0x61, 0xa1, 0x61]),
    ],
    ['a record whose fields are not an array', Uint8Array.from([0xd4, 0x72, 0x40, 0x01])],
    ['an array that is larger than memory', Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a map that is larger than memory', Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['a byte string that is larger than memory', Uint8Array.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['a string that is larger than memory', Uint8Array.from([0xdb, 0xff, 0xff, 0xff, 0xff])],
    ['101 nested arrays', Uint8Array.from([...Array<number>(101).fill(0x91), 1])],
    ['100,000 nested arrays', new Uint8Array(100_000).fill(0x91)],
    [
      'nested arrays of 65,535 arrays each',
      Uint8Array.from({ length: 30_000 }, (_, at) => (at % 3 === 0 ? 0xdc : 0xff)),
    ],
    ['a map with an array as a key', Uint8Array.from([0x81, 0x91, 1, 1])],
    ['a byte after the value', Uint8Array.from([1, 1])],
    ['no bytes', new Uint8Array(0)],
  ])('%s: rejected with a CodecError', (_what, bytes) => {
    expect(() => anything.decode(bytes)).toThrow(CodecError);
    const tuples = tupleCodec('tuple', z.strictObject({ field: z.int() }), {
      toTuple: ({ field }) => [field],
      fromTuple: ([field]) => ({ field }),
    });
    expect(() => tuples.decode(bytes)).toThrow(CodecError);
    expect(() => tuples.decode(Uint8Array.from([0x91, ...bytes]))).toThrow(CodecError);
  });

  // With references inside a message these 420 bytes would decode to an array of 2^30 numbers.
  test('references inside a message are rejected', () => {
    let bytes = [1];
    for (let level = 0; level < 30; level += 1) {
      bytes = [0x92, 0xd6, 0x69, 0, 0, 0, level, ...bytes, 0xd6, 0x70, 0, 0, 0, level];
    }
    expect(() => anything.decode(Uint8Array.from(bytes))).toThrow(CodecError);
  });

  // msgpackr's native reader keeps the byte order mark, and the value would then be unserializable.
  test('a long string is decoded the same with and without the native addon', () => {
    const text = Buffer.from(`\uFEFF${'a'.repeat(70)}`);
    expect(anything.decode(Uint8Array.from([0xd9, text.length, ...text]))).toBe('a'.repeat(70));
  });

  test('a record that one message defines does not affect the next message', () => {
    const record = new Packr({ useRecords: true }).pack({ a: 1 });
    decodeOrReject(record);
    decodeOrReject(Uint8Array.from([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 7, 7]));
    expect(anything.decode(Uint8Array.from([0x92, 0x40, 0x41]))).toEqual([0x40, 0x41]);
  });

  test('a field named __proto__ does not change the prototype', () => {
    const name = [...Buffer.from('__proto__')];
    const decoded = decodeOrReject(Uint8Array.from([0x81, 0xa0 + name.length, ...name, 0x81, 0xa1, 0x78, 1]));
    expect(Object.getPrototypeOf(decoded?.value ?? {})).toBe(Object.prototype);
    expect(decoded?.value).not.toHaveProperty('x');
  });
});

describe('tuples', () => {
  const texts = tupleCodec('texts', z.strictObject({ texts: z.array(z.string()), rest: z.unknown() }), {
    toTuple: ({ texts: list, rest }) => [list, rest],
    fromTuple: ([list, rest]) => ({ texts: list, rest }),
  });
  const mark = '\uFEFF';

  // A TextDecoder drops it, and msgpackr reads texts of more than 64 bytes with one.
  test.each([0, 1, 10, 60, 61, 62, 63, 64, 65, 250, 252, 253, 65_530, 65_533, 70_000])(
    'a text arrives with the byte order marks at its beginning, before %i more bytes',
    (length) => {
      const marked = [`${mark}${'a'.repeat(length)}`, `${mark}${mark}${'é'.repeat(length)}`, mark.repeat(30)];
      const rest = [
        1.5,
        -1,
        2 ** 40,
        null,
        true,
        { [marked[0] ?? '']: marked[1], field: [marked] },
        Uint8Array.of(0xd9, 0xef, 0xbb),
      ];
      const value = { texts: ['a', ...marked, '', ...marked], rest };
      expect(texts.decode(texts.encode(value))).toStrictEqual(value);
    },
  );

  test('bytes that look like a text with a mark stay as they are', () => {
    const bytes = Uint8Array.from([0xd9, 70, 0xef, 0xbb, 0xbf, ...Array.from({ length: 67 }, () => 0x61)]);
    const value = { texts: [`${mark}${'a'.repeat(70)}`], rest: [bytes, `x${String.fromCharCode(...bytes)}`] };
    expect(texts.decode(texts.encode(value))).toStrictEqual(value);
  });

  test('every cut of a text with a mark is rejected', () => {
    const whole = texts.encode({ texts: [`${mark}${'a'.repeat(70)}`], rest: null });
    for (let length = 0; length < whole.length; length += 1)
      expect(() => texts.decode(whole.subarray(0, length))).toThrow(CodecError);
  });
});
