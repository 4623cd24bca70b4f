// The short way to encode tuples, compared with msgpackr.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTuple, unpackTuple } from '#src/codec';
import { packFlatTuple } from '#src/flat-tuple';

const lengths = fc.oneof(fc.nat(40), fc.constantFrom(31, 32, 63, 64, 255, 256, 600));
const ascii = lengths.chain((length) =>
  fc.array(fc.integer({ min: 0, max: 0x7f }), { minLength: length, maxLength: length }),
);
const asciiText = ascii.map((codes) => String.fromCharCode(...codes));
const whole = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff),
);
const flat = fc.oneof(asciiText, whole, fc.boolean());
/** ASCII but for a few characters. */
const mixedText = fc
  .array(fc.oneof(asciiText, fc.constantFrom('é', '€', '\uD83D\uDE00', '\uD800')), { maxLength: 6 })
  .map((parts) => parts.join(''));
const other = fc.oneof(
  mixedText,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\uFFFD',
    '\uD800',
    `é${'v'.repeat(98)}é`,
    'v'.repeat(64) + '\uD800',
    '\uFEFF' + 'v'.repeat(80),
    'ü'.repeat(20),
  ),
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, -0, 2 ** 32, 2 ** 53, NaN, 'v'.repeat(3000)),
  fc.array(fc.nat()),
);

test('a flat tuple has the bytes that msgpackr writes, unless it is large', () => {
  fc.assert(
    fc.property(fc.array(flat, { maxLength: 15 }), (tuple) => {
      const packed = packFlatTuple(tuple);
      const expected = new Uint8Array(packTuple(tuple));
      if (packed === undefined) expect(expected.length).toBeGreaterThan(1900);
      else expect(packed).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('every other tuple has the same bytes, or is left to msgpackr', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(flat, other), { maxLength: 17 }), (tuple) => {
      const packed = packFlatTuple(tuple);
      if (packed !== undefined) expect(packed).toEqual(new Uint8Array(packTuple(tuple)));
    }),
    { numRuns: 1000 },
  );
});

test.each(['é', `é${'v'.repeat(98)}é`, `${'v'.repeat(98)}€`, '\uD800'.repeat(40)])(
  'a text that is not ASCII is left to msgpackr: %s',
  (text) => expect(packFlatTuple([text])).toBeUndefined(),
);

test('what was encoded does not change when more is encoded', () => {
  const packed = Array.from({ length: 500 }, (_, number) => packFlatTuple([number, 'v'.repeat(100)]));
  for (const [number, bytes] of packed.entries()) {
    expect(unpackTuple('tuple', bytes ?? new Uint8Array())).toEqual([number, 'v'.repeat(100)]);
  }
});
