// What a thread of the grader does: one task after another, in virtual time.
import { gradedTests } from '@raftlab/test-harness';
import { runTaskWith } from './run-task.ts';
import { StrayErrors } from './stray-errors.ts';
import type { Execute } from './task.ts';

export const runTask: Execute = runTaskWith({
  tests: gradedTests,
  strayErrors: new StrayErrors({ areTestsSideBySide: false }),
});
