// valueCodec: any value that travels, whatever the bytes on the other side try.
import { deepStrictEqual } from 'node:assert/strict';
import { CodecError, findUntravellable, tupleCodec, valueCodec } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anyBytes, damaged, travellable } from './arbitraries.ts';

const anything = valueCodec('value', z.unknown());

function decodeOrRefuse(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: anything.decode(bytes) };
  } catch (error) {
    if (error instanceof CodecError && error.action === 'decode' && error.subject === 'value')
      return undefined;
    throw error;
  }
}

describe('values', () => {
  test('travel unchanged, as the same bytes every time', () => {
    fc.assert(
      fc.property(travellable, (value) => {
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
    ['one object in two places arrives as two', twice({ a: [1] }), [{ a: [1] }, { a: [1] }]],
    ['an undefined field arrives as one', { a: undefined }, { a: undefined }],
    ['a field called toJSON is data', { toJSON: 1, constructor: 2 }, { toJSON: 1, constructor: 2 }],
  ])('%s', (_what, value, arrivesAs) => {
    expect(anything.decode(anything.encode(value))).toStrictEqual(arrivesAs);
  });

  test('share no memory with the bytes, on either side', () => {
    const command = Uint8Array.from([1, 2, 3]);
    const bytes = anything.encode({ command });
    command.fill(9);
    const decoded = anything.decode(bytes);
    bytes.fill(9);
    expect(decoded).toStrictEqual({ command: Uint8Array.from([1, 2, 3]) });
  });

  test('leave the bytes that they are decoded from as they were', () => {
    const bytes = anything.encode([1, 'two', Uint8Array.from([3])]);
    const before = new Uint8Array(bytes);
    anything.decode(bytes);
    expect(bytes).toStrictEqual(before);
    expect(Object.keys(bytes)).toEqual(Object.keys(before));
  });

  test('must satisfy the schema when they are decoded; the error says where they do not', () => {
    const put = valueCodec('Put', z.strictObject({ key: z.string(), value: z.array(z.int()) }));
    const strange = anything.encode({ key: 'k', value: [1, 'two'] });
    expect(() => put.decode(strange)).toThrow(/^cannot decode Put at value\[1\]: /);
    expect(() => put.decode(anything.encode({ key: 'k', value: [], extra: 1 }))).toThrow(CodecError);
  });

  test('must satisfy it when they are encoded, too, or they would be refused where it is too late', () => {
    const put = valueCodec<unknown>('Put', z.strictObject({ key: z.string(), value: z.array(z.int()) }));
    const strange = { key: 'k', value: [1, 'two'] };
    expect(() => put.encode(strange)).toThrow(/^cannot encode Put at value\[1\]: /);
  });

  test('that cannot travel are refused with their place', () => {
    const culprit = { op: 'put', values: [1, { next: () => 1 }] };
    expect(() => anything.encode(culprit)).toThrow(CodecError);
    expect(() => anything.encode(culprit)).toThrow(
      'cannot encode value at values[1].next: a function cannot travel',
    );
  });

  test('an error while encoding does not spoil the next one', () => {
    expect(() => anything.encode([1n])).toThrow(CodecError);
    expect(anything.decode(anything.encode([1, 2]))).toEqual([1, 2]);
  });
});

function twice(value: unknown): unknown[] {
  return [value, value];
}

describe('hostile bytes', () => {
  test('any bytes are decoded to a value that travels, or refused with a CodecError', () => {
    let decodedCount = 0;
    const given = fc.oneof(anyBytes, damaged(travellable.map((value) => anything.encode(value))));
    fc.assert(
      fc.property(given, (bytes) => {
        const decoded = decodeOrRefuse(bytes);
        if (decoded === undefined) return;
        decodedCount += 1;
        expect(findUntravellable(decoded.value)).toBeUndefined();
        anything.decode(anything.encode(decoded.value));
      }),
      { numRuns: 10_000 },
    );
    expect(decodedCount).toBeGreaterThan(500);
  });

  const rich = new Packr({ useRecords: false, moreTypes: true, structuredClone: true });
  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each<[what: string, bytes: Uint8Array]>([
    ['a date', Uint8Array.from([0x91, 0xd6, 0xff, 0, 0, 0, 5])],
    ['a date with nanoseconds', Uint8Array.from([0x91, 0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 5])],
    ['a Set', rich.pack(new Set([1]))],
    ['a RegExp', rich.pack([/a+/g])],
    ['an Error', rich.pack({ error: new RangeError('boo') })],
    ['a Float64Array', rich.pack([new Float64Array(2)])],
    ['an ArrayBuffer', rich.pack([new ArrayBuffer(2)])],
    ['a bigint', rich.pack([2n ** 60n])],
    ['a negative bigint', rich.pack([-(2n ** 60n)])],
    ['a huge bigint', new Packr({ useBigIntExtension: true }).pack([2n ** 300n])],
    ['a cycle', rich.pack(cycle)],
    ['one object in two places', rich.pack(twice({ a: 1 }))],
    ['C1, the byte that is never used', Uint8Array.from([0x91, 0xc1])],
    ['an extension that nobody knows', Uint8Array.from([0xd4, 0x21, 0])],
    ['an extension without its data', Uint8Array.from([0xc7, 0x05, 0x42])],
    [
      'bundled strings that end far outside',
      Uint8Array.from([0xd6, 0x62, 0, 0, 0, 4, 0xdb, 0xff, 0xff, 0xff, 0xff]),
    ],
    [
      'bundled strings that go back',
      Uint8Array.from([0xd6, 0x62, 0xff, 0xff, 0xff, 0xf0, 0xa1, 0x61, 0xa1, 0x61]),
    ],
    ['a record whose fields are no list', Uint8Array.from([0xd4, 0x72, 0x40, 0x01])],
    ['a list that is longer than memory', Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a map that is longer than memory', Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['bytes that are longer than memory', Uint8Array.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['a text that is longer than memory', Uint8Array.from([0xdb, 0xff, 0xff, 0xff, 0xff])],
    ['a list in a list, 101 deep', Uint8Array.from([...Array<number>(101).fill(0x91), 1])],
    ['a list in a list, 100,000 deep', new Uint8Array(100_000).fill(0x91)],
    [
      'lists of 65,535 lists, without end',
      Uint8Array.from({ length: 30_000 }, (_, at) => (at % 3 === 0 ? 0xdc : 0xff)),
    ],
    ['a map with a list for a key', Uint8Array.from([0x81, 0x91, 1, 1])],
    ['a byte after the end', Uint8Array.from([1, 1])],
    ['nothing', new Uint8Array(0)],
  ])('%s', (_what, bytes) => {
    expect(() => anything.decode(bytes)).toThrow(CodecError);
    const tuples = tupleCodec('tuple', z.strictObject({ field: z.int() }), {
      toTuple: ({ field }) => [field],
      fromTuple: ([field]) => ({ field }),
    });
    expect(() => tuples.decode(bytes)).toThrow(CodecError);
    expect(() => tuples.decode(Uint8Array.from([0x91, ...bytes]))).toThrow(CodecError);
  });

  // References inside a message would unfold these 420 bytes into a list of 2^30 numbers.
  test('references that unfold without end are refused at once', () => {
    let bytes = [1];
    for (let level = 0; level < 30; level += 1) {
      bytes = [0x92, 0xd6, 0x69, 0, 0, 0, level, ...bytes, 0xd6, 0x70, 0, 0, 0, level];
    }
    expect(() => anything.decode(Uint8Array.from(bytes))).toThrow(CodecError);
  });

  // msgpackr's native reader, where it is installed, would keep the mark, and the value would then be refused.
  test('a long text is read as on a machine without native code', () => {
    const text = Buffer.from(`\uFEFF${'a'.repeat(70)}`);
    expect(anything.decode(Uint8Array.from([0xd9, text.length, ...text]))).toBe('a'.repeat(70));
  });

  test('nothing that one message defines is left for the next', () => {
    const record = new Packr({ useRecords: true }).pack({ a: 1 });
    decodeOrRefuse(record);
    decodeOrRefuse(Uint8Array.from([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 7, 7]));
    expect(anything.decode(Uint8Array.from([0x92, 0x40, 0x41]))).toEqual([0x40, 0x41]);
  });

  test('a field called __proto__ changes no prototype', () => {
    const name = [...Buffer.from('__proto__')];
    const decoded = decodeOrRefuse(Uint8Array.from([0x81, 0xa0 + name.length, ...name, 0x81, 0xa1, 0x78, 1]));
    expect(Object.getPrototypeOf(decoded?.value ?? {})).toBe(Object.prototype);
    expect(decoded?.value).not.toHaveProperty('x');
  });
});
