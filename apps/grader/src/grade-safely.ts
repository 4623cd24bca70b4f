// gradeTest makes what it catches a failure of the test; so does this with what it cannot catch.
import { gradeTest, type GradedTest, type GradeOptions, type TestReport } from '@raftlab/test-harness';
import { crashReport } from './crash-report.ts';
import type { StrayErrors } from './stray-errors.ts';

/** Never rejects. */
export async function gradeSafely(
  test: GradedTest,
  options: GradeOptions,
  strayErrors: StrayErrors,
): Promise<TestReport> {
  try {
    return await strayErrors.watch(() => gradeTest(test, options));
  } catch (error) {
    return crashReport({ id: test.id, mode: options.mode, seed: options.seed }, error);
  }
}
