import type { GradedTest } from './graded-test.ts';
import { part3A } from './part-3a.ts';
import { part3B } from './part-3b.ts';
import { part3C } from './part-3c.ts';
import { part3D } from './part-3d.ts';

/** All graded tests, in the lab's order. */
export const gradedTests: readonly GradedTest[] = [...part3A, ...part3B, ...part3C, ...part3D];
