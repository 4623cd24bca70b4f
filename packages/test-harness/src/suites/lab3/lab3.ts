// Lab 3 of MIT 6.5840, spring 2024: Raft.
import type { Suite } from '../suite.ts';
import { part3A } from './part-3a.ts';
import { part3B } from './part-3b.ts';
import { part3C } from './part-3c.ts';
import { maxLogSizeBytes, part3D } from './part-3d.ts';
import { publishedFigures } from './published-figures.ts';
import { raftTest } from './raft-test.ts';

/** The 28 tests of Lab 3. */
export const lab3: Suite = {
  id: 'lab3',
  title: 'MIT 6.5840 Lab 3',
  parts: [
    { id: '3A', title: 'leader election' },
    { id: '3B', title: 'log' },
    { id: '3C', title: 'persistence' },
    { id: '3D', title: 'log compaction', maxLogSizeBytes },
  ],
  tests: [...part3A, ...part3B, ...part3C, ...part3D].map(raftTest),
  columns: [
    { id: 'seconds', heading: 'time', width: 4, decimals: 1, published: 'typical' },
    { id: 'servers', heading: 'servers', width: 2, decimals: 0 },
    { id: 'rpcs', heading: 'RPCs', width: 4, decimals: 0, published: 'bound' },
    { id: 'bytes', heading: 'bytes', width: 7, decimals: 0, published: 'bound' },
    { id: 'commands', heading: 'commands', width: 4, decimals: 0 },
  ],
  headingOf: ({ part, title }) => `Test (${part}): ${title}`,
  publishedFigures,
};
