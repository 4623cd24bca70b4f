// Grades a learner's module in this thread, with the output of the command. A thread takes half a second of CPU time to start; only
// code that blocks or ends its thread, rejects a promise or uses the real clock needs one.
import { dirname } from 'node:path';
import type { Make, MakeClerk, StartKVServer } from '@raftlab/test-harness/learner';
import { GuardedImplementation, type LearnerExports } from '#src/grade/foreign/guarded-implementation';
import { openLearnerModule } from '#src/grade/foreign/learner-module';
import { grade } from '#src/grade/grade';
import { gradeSafely } from '#src/grade/grade-safely';
import { withLateFailure } from '#src/grade/late-failure';
import { selectTests } from '#src/grade/select-tests';
import { StrayErrors } from '#src/grade/stray-errors';
import { allTests, defaultTests } from '#src/grade/suites';
import type { TestRunner } from '#src/grade/test-runner';
import { Progress } from '#src/threads/progress';
import { SourceFiles } from '#src/threads/source-files';
import type { Outcome } from '../../command-line.ts';
import { commandFor } from '../reporters/grade-command.ts';

const mode = 'virtual';
const timeLimitSeconds = 300;

interface LearnerModule {
  readonly make: Make;
  readonly startKVServer: StartKVServer;
  readonly makeClerk: MakeClerk;
}

/** `raftlab grade <test> --seed 1 --no-trace --impl <path>`, and with `isOnOurRaft` also `--raft ours`. */
export async function gradeHere(
  path: string,
  test: string,
  { isOnOurRaft = false }: { isOnOurRaft?: boolean } = {},
): Promise<Outcome> {
  const opened = await openLearnerModule(path, { mode, isOnOurRaft });
  const { url, sources } = opened.module;
  const runner = runnerHere(await exportsOf(url, isOnOurRaft), {
    sources: new SourceFiles(sources, dirname(path)),
    close: () => Promise.resolve(opened.remove()),
  });
  const request = commandFor({
    tests: selectTests([test], allTests, defaultTests),
    seed: 1,
    implementation: { path, timeLimitSeconds, isOnOurRaft },
  });
  let out = '';
  let error = '';
  const terminal = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
  };
  const code = await grade(request, { terminal, signal: new AbortController().signal, runner });
  return { code, out, error };
}

async function exportsOf(url: string, isOnOurRaft: boolean): Promise<LearnerExports> {
  // As in a learner's thread: stack traces have the lines of the sources, and are deep enough.
  process.setSourceMapsEnabled(true);
  Error.stackTraceLimit = 50;
  const { make, startKVServer, makeClerk }: Partial<LearnerModule> = await import(url);
  const service =
    startKVServer === undefined || makeClerk === undefined ? undefined : { startKVServer, makeClerk };
  return { make: isOnOurRaft ? undefined : make, service };
}

/** Grades as a learner's thread does. */
function runnerHere(
  exports: LearnerExports,
  { sources, close }: { sources: SourceFiles; close: () => Promise<void> },
): TestRunner {
  const strayErrors = new StrayErrors({ areTestsSideBySide: false });
  return {
    async grade({ test, seed }) {
      const implementation = new GuardedImplementation(exports, { sources, progress: new Progress(), mode });
      const report = await gradeSafely(test, { mode, seed, implementation }, strayErrors);
      const { fault } = implementation.code;
      return report.failure === undefined && fault !== undefined ? withLateFailure(report, fault) : report;
    },
    close,
  };
}
