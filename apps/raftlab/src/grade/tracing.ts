// Writes a trace of every test, or of those that fail, and keeps the log of each if there is one. A single run is recorded as
// it happens. In a long series only the first failure of each cause is run again with recording, and compared with the first run.
import type { TraceFile } from '@raftlab/trace';
import type { TestReport } from '@raftlab/test-harness';
import type { RunRecord } from '@raftlab/trace';
import { logLines, type LogOptions } from '../log/log-lines.ts';
import { relevantEvents } from '../log/relevant-events.ts';
import { pagesMax, tracePath } from '../traces/trace-choice.ts';
import { TraceFileError } from '../traces/trace-file-error.ts';
import { writeTrace } from '../traces/write-trace.ts';
import { isStopped, lostRecord, whyNoPage, type FailurePage } from './failure-page.ts';
import { replayCommand, type RunKind } from './lab-lines.ts';
import type { FailureGroup } from './reporters/failure-groups.ts';
import type { GradeRequest } from './request.ts';
import type { Recording, Task, TestRunner } from './test-runner.ts';

export interface TracingOptions {
  readonly kind: RunKind;
  /** The form of the log, if one is wanted. */
  readonly log: LogOptions | undefined;
  /** Receives one line for each trace of a passed test that could not be written. The grading goes on. */
  readonly warn: (line: string) => void;
}

export class Tracing {
  readonly #request: GradeRequest;
  readonly #kind: RunKind;
  readonly #logOptions: LogOptions | undefined;
  readonly #warn: (line: string) => void;
  readonly #paths = new Map<string, string>();
  /** Why a failure has no page. */
  readonly #reasons = new Map<string, string>();
  readonly #logs = new Map<string, readonly string[]>();
  #pagelessCount = 0;

  constructor(request: GradeRequest, { kind, log, warn }: TracingOptions) {
    this.#request = request;
    this.#kind = kind;
    this.#logOptions = log;
    this.#warn = warn;
  }

  /** The page of a test, or why it has none. */
  pageOf(id: string, seed: number): FailurePage {
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

  /** The number of causes without a page because there are too many causes. */
  get pagelessCount(): number {
    return this.#pagelessCount;
  }

  /** Grades as `runner` does, and writes traces. The returned reports have no records. */
  around(runner: TestRunner): TestRunner {
    const recording = this.#recording();
    if (recording === 'none') return runner;
    return {
      close: () => runner.close(),
      grade: async (task) => {
        const { record, ...report } = await runner.grade({ ...task, recording });
        if (record === undefined) {
          if (report.failure !== undefined && !this.#request.trace.isOff)
            this.#reasons.set(`${task.test.id} ${task.seed}`, lostRecord);
          return report;
        }
        this.#keep(task, report, record);
        return withRelevantEvents(report, record);
      },
    };
  }

  /** In real time a run cannot be repeated, so every run is recorded. A failure needs its record without a page, too: its last events. */
  #recording(): Recording {
    const { trace, mode, runs } = this.#request;
    if (trace.file !== undefined || this.#logOptions !== undefined) return 'all';
    return mode === 'real' || runs === 1 ? 'failed' : 'none';
  }

  #keep(task: Task, report: TestReport, record: RunRecord): void {
    const { trace, mode } = this.#request;
    const file = this.#traceOf(task, report, record);
    if (this.#logOptions !== undefined)
      this.#logs.set(`${task.test.id} ${task.seed}`, logLines(file, this.#logOptions));
    // In virtual time this is a single run, or --trace requests all traces.
    const hasRoom = mode === 'virtual' || this.#paths.size < pagesMax;
    const isWantedFailure = report.failure !== undefined && !trace.isOff && hasRoom;
    if (trace.file !== undefined || isWantedFailure) this.#write(task, file);
  }

  /** After a series in virtual time: a page of the first failure of each of the first causes, until the signal is aborted. */
  async traceFirstOfEachCause(
    causes: readonly FailureGroup[],
    { runner, signal }: { runner: TestRunner; signal: AbortSignal },
  ): Promise<void> {
    if (this.#request.trace.isOff || this.#recording() !== 'none') return;
    const repeatable = causes.filter(({ cause }) => !isStopped(cause));
    this.#pagelessCount = Math.max(0, repeatable.length - pagesMax);
    for (const group of repeatable.slice(0, pagesMax)) {
      if (signal.aborted) return;
      await this.#traceAgain(group, runner);
    }
  }

  /** A page of the first failure of the group, if a second run with its seed is the same. */
  async #traceAgain(group: FailureGroup, runner: TestRunner): Promise<void> {
    const { id, firstSeed: seed, firstTraceHash: traceHash, cause } = group;
    const test = this.#request.tests.find((candidate) => candidate.id === id);
    if (test === undefined) return;
    const task = { test, seed };
    const { record, ...report } = await runner.grade({ ...task, recording: 'all' });
    const reason = whyNoPage({ traceHash, cause }, report);
    if (reason !== undefined) this.#reasons.set(`${id} ${seed}`, reason);
    else if (record !== undefined) this.#write(task, this.#traceOf(task, report, record));
  }

  #traceOf({ test, seed }: Task, { failure, mode }: TestReport, record: RunRecord): TraceFile {
    const { implementation, storage } = this.#request;
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
    const { trace, tests, runs } = this.#request;
    const isOnlyOne = tests.length === 1 && runs === 1;
    const path = tracePath(trace, { id: test.id, seed, isOnlyOne });
    const key = `${test.id} ${seed}`;
    try {
      writeTrace(path, file);
      this.#paths.set(key, path);
    } catch (error) {
      if (!(error instanceof TraceFileError)) throw error;
      // The report of a failure says why it has no page; a test that passed has no such line.
      if (file.outcome === 'failed') this.#reasons.set(key, error.message);
      else this.#warn(`warning: ${error.message}`);
    }
  }
}

/** The report of a failure with those of its last events that matter for it. */
function withRelevantEvents(report: TestReport, { events }: RunRecord): TestReport {
  const { failure } = report;
  if (failure === undefined) return report;
  return { ...report, failure: { ...failure, recentEvents: relevantEvents(events, failure.message) } };
}
