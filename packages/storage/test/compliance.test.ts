// The suite accepts a correct storage, and each of its cases detects a storage that breaks its rule.
import { storageCompliance } from '@raftlab/storage/compliance';
import { describe, expect, test } from 'vitest';
import { wrongEnds } from './broken/wrong-ends.ts';
import { wrongMeanings } from './broken/wrong-meanings.ts';
import { wrongOwners } from './broken/wrong-owners.ts';
import { journalFactory } from './journal-storage.ts';

const titles = storageCompliance(journalFactory()).map(({ title }) => title);

describe('a journal of batches is a Storage', () => {
  test.each(storageCompliance(journalFactory()).map(({ title, run }) => [title, run] as const))(
    '%s',
    async (_title, run) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});

describe('the suite detects a storage that', () => {
  const pairs = [...wrongMeanings, ...wrongEnds, ...wrongOwners].flatMap(({ what, factory, noticedBy }) =>
    noticedBy.map((start) => [what, start, factory] as const),
  );

  test.each(pairs)('%s, by the case "%s …"', async (_what, start, factory) => {
    const run = storageCompliance(factory).find(({ title }) => title.startsWith(start))?.run;
    expect(run).toBeDefined();
    await expect(run?.()).rejects.toBeInstanceOf(Error);
  });

  test('breaks any of its rules: for every case there is such a storage', () => {
    const starts = pairs.map(([, start]) => start);
    expect(titles.filter((title) => !starts.some((start) => title.startsWith(start)))).toEqual([]);
  });
});
