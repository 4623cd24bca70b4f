// Leaves a trace of every test, or of those that fail, and keeps the log of each when there is one. In virtual time a failure
// is simply run again with recording on, and checked to be the same run: those that pass cost nothing.
import type { RunRecord, TraceFile } from '@raftlab/trace';
import type { TestReport } from '@raftlab/test-harness';
import type { GradeCommand } from './command.ts';
import { replayCommand, type RunKind } from './lab-lines.ts';
import { logLines, type LogOptions } from '../log/log-lines.ts';
import { causeOf, type FailureGroup } from './reporters/failure-groups.ts';
import type { Task, Workplace } from './schedule.ts';
import { isStopped, whyNoPage, type FailedRun, type Look } from './failure-page.ts';
import { pagesMax, tracePath } from '../traces/trace-choice.ts';
import { writeTrace } from '../traces/write-trace.ts';

export class Tracing {
  readonly #command: GradeCommand;
  readonly #kind: RunKind;
  readonly #logOptions: LogOptions | undefined;
  readonly #paths = new Map<string, string>();
  /** Why a failure has no page. */
  readonly #reasons = new Map<string, string>();
  readonly #logs = new Map<string, readonly string[]>();
  #pagelessCount = 0;

  /** `log`: how the log looks, if one is wanted. */
  constructor(command: GradeCommand, kind: RunKind, log: LogOptions | undefined) {
    this.#command = command;
    this.#kind = kind;
    this.#logOptions = log;
  }

  /** Where the trace of a test lies, or why there is none. */
  lookAt(id: string, seed: number): Look {
    const key = `${id} ${seed}`;
    return { page: this.#paths.get(key), noPage: this.#reasons.get(key) };
  }

  /** The log of a test, once. */
  takeLog(id: string, seed: number): readonly string[] {
    const key = `${id} ${seed}`;
    const lines = this.#logs.get(key) ?? [];
    this.#logs.delete(key);
    return lines;
  }

  get count(): number {
    return this.#paths.size;
  }

  /** How many groups of failures have no page because there are so many. */
  get pagelessCount(): number {
    return this.#pagelessCount;
  }

  /** Grades as `workplace` does, and writes traces. Reports come out without their records. */
  around(workplace: Workplace): Workplace {
    const { trace, mode, runs } = this.#command;
    const isRecorded =
      trace.file !== undefined || this.#logOptions !== undefined || (mode === 'real' && !trace.isOff);
    if (!isRecorded && trace.isOff) return workplace;
    return {
      close: () => workplace.close(),
      grade: async (task) => {
        const { record, ...report } = await workplace.grade({ ...task, isRecorded });
        if (record !== undefined) this.#keep(task, report, record);
        else if (report.failure !== undefined && runs === 1) {
          const failed = { traceHash: report.traceHash, cause: causeOf(report.failure) };
          await this.#again(task, failed, workplace);
        }
        return report;
      },
    };
  }

  #keep(task: Task, report: TestReport, record: RunRecord): void {
    const { trace } = this.#command;
    const file = this.#traceOf(task, report, record);
    if (this.#logOptions !== undefined)
      this.#logs.set(`${task.test.id} ${task.seed}`, logLines(file, this.#logOptions));
    const isWantedFailure = report.failure !== undefined && !trace.isOff && this.#paths.size < pagesMax;
    if (trace.file !== undefined || isWantedFailure) this.#write(task, file);
  }

  /** After many runs: a trace of the first failure of each of the first groups, until the signal is aborted. */
  async traceGroups(
    groups: readonly FailureGroup[],
    { workplace, signal }: { workplace: Workplace; signal: AbortSignal },
  ): Promise<void> {
    const { trace, tests, runs, mode } = this.#command;
    if (trace.isOff || trace.file !== undefined || runs === 1 || mode === 'real' || signal.aborted) return;
    const repeatable = groups.filter(({ cause }) => !isStopped(cause));
    this.#pagelessCount = Math.max(0, repeatable.length - pagesMax);
    for (const { id, firstSeed: seed, firstTraceHash: traceHash, cause } of repeatable.slice(0, pagesMax)) {
      const test = tests.find((candidate) => candidate.id === id);
      if (test === undefined || signal.aborted) continue;
      await this.#again({ test, seed }, { traceHash, cause }, workplace);
    }
  }

  /** A page of the failed run, if it is the same when it is run again. */
  async #again(task: Task, failed: FailedRun, workplace: Workplace): Promise<void> {
    if (isStopped(failed.cause)) return;
    const { record, ...report } = await workplace.grade({ ...task, isRecorded: true });
    const reason = whyNoPage(failed, report);
    if (reason !== undefined) this.#reasons.set(`${task.test.id} ${task.seed}`, reason);
    else if (record !== undefined) this.#write(task, this.#traceOf(task, report, record));
  }

  #traceOf({ test, seed }: Task, { failure, mode }: TestReport, record: RunRecord): TraceFile {
    const { implementation, storage } = this.#command;
    return {
      format: 'raftlab-trace',
      version: 1,
      title: `${test.id}: ${test.title}`,
      implementation: implementation?.path ?? (storage === 'memory' ? 'raftlab' : `raftlab on ${storage}`),
      seed,
      mode,
      replay: replayCommand(test.id, seed, this.#kind),
      servers: test.servers,
      outcome: failure === undefined ? 'passed' : 'failed',
      ...record,
    };
  }

  #write({ test, seed }: Task, file: TraceFile): void {
    const { trace, tests, runs } = this.#command;
    const isOnlyOne = tests.length === 1 && runs === 1;
    const path = tracePath(trace, { id: test.id, seed, isOnlyOne });
    writeTrace(path, file);
    this.#paths.set(`${test.id} ${seed}`, path);
  }
}
