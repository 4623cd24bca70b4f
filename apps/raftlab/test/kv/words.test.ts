// Lines at the prompt of `kv up`, as words.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { wordsOf } from '#src/kv/up/words';

test.each([
  ['', []],
  ['   ', []],
  ['put city Turin', ['put', 'city', 'Turin']],
  ['  put\tcity   Turin ', ['put', 'city', 'Turin']],
  [`put 'a key' "two  words"`, ['put', 'a key', 'two  words']],
  [`put a ''`, ['put', 'a', '']],
  [`put a b'c d'"e f"`, ['put', 'a', 'bc de f']],
  [String.raw`put a\ b "\"" '\'`, ['put', 'a b', '"', '\\']],
])('%j is %j', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});

test('a quote that is not closed is an error', () => {
  expect(() => wordsOf('put a "b')).toThrow('the quote " is not closed');
});

test('words in quotes come back as they were', () => {
  const quoted = (word: string): string => `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(wordsOf(words.map(quoted).join(' '))).toEqual(words);
    }),
  );
});
