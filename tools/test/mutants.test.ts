// A catalogued bug whose text is gone from the source would break nothing, and count as noticed by nobody.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mutants } from '../mutants/catalogue.mjs';
import { mutate } from '../mutants/mutate.mjs';

const packages = new URL('../../packages/', import.meta.url);

describe('the catalogue of broken Rafts', () => {
  test.each(mutants)('$id has its text in $file, once', (mutant) => {
    const source = readFileSync(new URL(mutant.file, packages), 'utf8');
    expect(mutate(source, mutant)).not.toBe(source);
  });

  test('docs/broken-rafts.md has a row for each, and for no other', () => {
    const text = readFileSync(new URL('../../docs/broken-rafts.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, id]) => id);
    expect(rows.length).toBe(mutants.length);
    expect(new Set(rows)).toEqual(new Set(mutants.map(({ id }) => id)));
  });

  test('no name is given twice', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  });

  test.each([
    ['a b a', 0],
    ['x and x', 2],
  ])('a text that is not there exactly once is refused: %s', (source, count) => {
    const mutant = { id: 'it', kind: 'safety', file: '', find: 'x', replace: 'y', rule: '' } as const;
    expect(() => mutate(source, mutant)).toThrow(`its text occurs ${count} times`);
  });
});
