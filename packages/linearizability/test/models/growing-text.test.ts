// A text in pieces behaves as the string that it is.
import {
  appendText,
  areSameText,
  growingText,
  mayBegin,
  rebase,
  wholeText,
  type GrowingText,
} from '#src/models/growing-text';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

/** Few letters, so that texts are often equal. */
const arbitraryPieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }), {
  minLength: 1,
  maxLength: 5,
});

function textOf([base = '', ...pieces]: readonly string[]): GrowingText {
  return pieces.reduce(appendText, growingText(base));
}

test('texts are the same exactly when their characters are, however they are divided', () => {
  fc.assert(
    fc.property(arbitraryPieces, arbitraryPieces, (one, other) => {
      const [left, right] = [textOf(one), textOf(other)];
      expect(wholeText(left)).toBe(one.join(''));
      expect(areSameText(left, right)).toBe(one.join('') === other.join(''));
      if (one.join('') === other.join('')) expect(left.hash).toBe(right.hash);
    }),
  );
});

test('a text is rebased on an equal string only, and is the same text then', () => {
  fc.assert(
    fc.property(
      arbitraryPieces,
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }),
      (pieces, string) => {
        const text = textOf(pieces);
        expect(rebase(text, string) === undefined).toBe(pieces.join('') !== string);
        const rebased = rebase(text, pieces.join(''));
        expect(rebased).toMatchObject({ base: pieces.join(''), last: undefined, hash: text.hash });
      },
    ),
  );
});

test('a string may begin with a text when it does, and may not when the difference is near the end of the text', () => {
  const text = appendText(growingText('abc'), 'de');
  expect(['abcde', 'abcdef'].map((string) => mayBegin(text, string))).toEqual([true, true]);
  expect(['abcd', 'abcdx', 'abxde', ''].map((string) => mayBegin(text, string))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('a difference at the beginning of a long text is found before it counts', () => {
  const [one, other] = [`x${'-'.repeat(100)}`, `y${'-'.repeat(100)}`];
  expect(rebase(growingText(one), other)).toBeUndefined();
  expect(mayBegin(growingText(one), other)).toBe(true);
});
