// Lab 4 of MIT 6.5840, spring 2024: a key/value service on Raft.
import { serviceOutput, type Suite } from '../suite.ts';
import { keyValueTest, snapshotStateBytes } from './key-value-test.ts';
import { part4A } from './part-4a.ts';
import { part4B } from './part-4b.ts';
import { publishedFigures } from './published-figures.ts';

/** The 23 tests of Lab 4. */
export const lab4: Suite = {
  id: 'lab4',
  title: 'MIT 6.5840 Lab 4',
  parts: [
    { id: '4A', title: 'key/value service without snapshots' },
    { id: '4B', title: 'key/value service with snapshots', maxLogSizeBytes: 8 * snapshotStateBytes },
  ],
  tests: [...part4A, ...part4B].map(keyValueTest),
  ...serviceOutput,
  publishedFigures,
};
