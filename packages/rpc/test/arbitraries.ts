// Generators of values and bytes for property tests.
import * as fc from 'fast-check';

/** Integers of every size that msgpack distinguishes. */
const count: fc.Arbitrary<number> = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.maxSafeNat(),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 250, maxLength: 260 }),
);
/** Plain objects only: decoding produces no others. */
function record<T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

const text: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ minLength: 60, maxLength: 300 }),
  )
  .filter((string) => !string.startsWith('\uFEFF'));
const key: fc.Arbitrary<string> = fc
  .oneof(text, fc.constantFrom('constructor', 'toJSON', 'toString', 'length', 'valueOf', '', '0'))
  .filter((name) => name !== '__proto__');

/** Any serializable value that arrives unchanged: no -0, and no object without a prototype. */
export const serializable: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false, 0, NaN, Infinity, -Infinity),
    fc.oneof(count, fc.integer(), fc.double()).map((number) => (number === 0 ? 0 : number)),
    text,
    bytes,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(key, tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;

/** The first bytes of msgpack's less common values, and the types of msgpackr's extensions. */
const notableTokens = [
  0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xdb, 0xdd, 0xdf, 0x00, 0x42, 0x62,
  0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff,
];

/** Valid bytes with one to four edits: cut, extended, or with bytes or bits changed. */
export function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = record({
    kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'remove'),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.oneof(fc.nat(255), fc.constantFrom(...notableTokens)),
  });
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([original, edits]) => {
    let list = [...original];
    for (const { kind, place, value } of edits) {
      const offset = Math.floor(place * list.length);
      if (kind === 'flip') list[offset] = (list[offset] ?? 0) ^ (1 << (value & 7));
      if (kind === 'set') list[offset] = value;
      if (kind === 'cut') list = list.slice(0, offset);
      if (kind === 'insert') list.splice(offset, 0, value);
      if (kind === 'remove') list.splice(offset, 1);
    }
    return Uint8Array.from(list);
  });
}

/** Arbitrary bytes, many of which begin like msgpack. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(fc.oneof(fc.nat(255), fc.constantFrom(...notableTokens), fc.integer({ min: 0x80, max: 0x9f })), {
      maxLength: 60,
    })
    .map((list) => Uint8Array.from(list)),
);
