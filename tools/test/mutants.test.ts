// A catalogued bug whose text is missing from the source would change nothing, and would count as undetected.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mutants } from '../mutants/catalogue.mjs';
import { checkerMutants } from '../mutants/checker-catalogue.mjs';
import { serviceMutants } from '../mutants/service-catalogue.mjs';
import { mutate } from '../mutants/mutate.mjs';

const packages = new URL('../../packages/', import.meta.url);

describe.each([
  { name: 'broken Rafts', catalogue: mutants, document: 'docs/broken-rafts.md' },
  { name: 'broken services', catalogue: serviceMutants, document: 'docs/broken-services.md' },
  { name: 'broken checkers', catalogue: checkerMutants, document: 'docs/broken-checkers.md' },
])('the catalogue of $name', ({ catalogue, document }) => {
  test.each(catalogue)('$id has its text in $file, once', (mutant) => {
    const source = readFileSync(new URL(mutant.file, packages), 'utf8');
    expect(mutate(source, mutant)).not.toBe(source);
  });

  test(`${document} has exactly one row for each`, () => {
    const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, id]) => id);
    expect(rows.length).toBe(catalogue.length);
    expect(new Set(rows)).toEqual(new Set(catalogue.map(({ id }) => id)));
  });

  test('names are unique', () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
  });
});

test.each([
  ['a b a', 0],
  ['x and x', 2],
])('a text that does not occur exactly once is rejected: %s', (source, count) => {
  const mutant = { id: 'it', kind: 'safety', file: '', find: 'x', replace: 'y', rule: '' } as const;
  expect(() => mutate(source, mutant)).toThrow(`its text occurs ${count} times`);
});
