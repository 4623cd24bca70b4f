// Grades a test, and turns errors that gradeTest cannot catch into failures of the test.
import {
  gradeTest,
  raftlab,
  type GradedTest,
  type GradeOptions,
  type RaftEnvironment,
  type TestReport,
} from '@raftlab/test-harness';
import { asError, crashReport } from './crash-report.ts';
import { withLateFailure } from './late-failure.ts';
import type { StrayErrors } from './stray-errors.ts';

/** Never rejects. */
export async function gradeSafely(
  test: GradedTest,
  options: GradeOptions,
  strayErrors: StrayErrors,
): Promise<TestReport> {
  const { implementation = raftlab } = options;
  let environment: RaftEnvironment | undefined;
  const reachable: GradeOptions = {
    ...options,
    implementation: {
      ...implementation,
      make: (given) => {
        environment = given;
        return implementation.make(given);
      },
    },
  };
  // The server that was made last has not been restarted since. The fault may be of another server.
  const fail = (thrown: unknown): void => environment?.onError(asError(thrown));
  try {
    const { result: report, strays } = await strayErrors.watch(() => gradeTest(test, reachable), fail);
    return strays.length === 0 || report.failure !== undefined
      ? report
      : withLateFailure(report, asError(strays[0]));
  } catch (error) {
    return crashReport({ id: test.id, mode: options.mode, seed: options.seed }, error);
  }
}
