// Leaves a trace of every test, or of those that fail. In virtual time a failure is simply run again with recording on:
// it is the same run, and the runs that pass cost nothing.
import type { TestReport } from '@raftlab/test-harness';
import type { GradeCommand } from '../command.ts';
import { replayCommand, type RunKind } from '../lab-lines.ts';
import type { FailureGroup } from '../reporters/failure-groups.ts';
import type { Task, Workplace } from '../schedule.ts';
import { tracePath } from './trace-choice.ts';
import { writeTrace } from './write-trace.ts';

/** In real time failures of a long series are not grouped before they are recorded; so many leave a trace. */
const realTracesMax = 20;

export class Tracing {
  readonly #command: GradeCommand;
  readonly #kind: RunKind;
  readonly #paths = new Map<string, string>();

  constructor(command: GradeCommand, kind: RunKind) {
    this.#command = command;
    this.#kind = kind;
  }

  /** Where the trace of a test lies, if it left one. */
  pathOf(id: string, seed: number): string | undefined {
    return this.#paths.get(`${id} ${seed}`);
  }

  get count(): number {
    return this.#paths.size;
  }

  /** Grades as `workplace` does, and writes traces. Reports come out without their records. */
  around(workplace: Workplace): Workplace {
    const { trace, mode, runs } = this.#command;
    if (trace.isOff) return workplace;
    const isEach = trace.file !== undefined;
    return {
      close: () => workplace.close(),
      grade: async (task) => {
        const { record, ...report } = await workplace.grade({
          ...task,
          isRecorded: isEach || mode === 'real',
        });
        const isWanted = isEach || (report.failure !== undefined && this.#paths.size < realTracesMax);
        if (record !== undefined && isWanted) this.#write(task, { ...report, record });
        else if (report.failure !== undefined && runs === 1) await this.#again(task, report, workplace);
        return report;
      },
    };
  }

  /** After many runs: a trace of the first failure of each group. */
  async traceGroups(groups: readonly FailureGroup[], workplace: Workplace): Promise<void> {
    const { trace, tests, runs, mode } = this.#command;
    if (trace.isOff || trace.file !== undefined || runs === 1 || mode === 'real') return;
    for (const { id, firstSeed: seed, cause } of groups) {
      const test = tests.find((candidate) => candidate.id === id);
      if (test === undefined || cause.startsWith('ThreadLost')) continue;
      const { record, ...report } = await workplace.grade({ test, seed, isRecorded: true });
      if (record !== undefined) this.#write({ test, seed }, { ...report, record });
    }
  }

  async #again(task: Task, { eventCount }: TestReport, workplace: Workplace): Promise<void> {
    // What had to be stopped has left nothing but its end, and would have to be stopped again.
    if (eventCount === 0) return;
    const { record, ...report } = await workplace.grade({ ...task, isRecorded: true });
    if (record !== undefined) this.#write(task, { ...report, record });
  }

  #write({ test, seed }: Task, report: TestReport): void {
    const { record, failure, mode } = report;
    if (record === undefined) return;
    const { trace, tests, runs, implementation, storage } = this.#command;
    const isOnlyOne = tests.length === 1 && runs === 1;
    const path = tracePath(trace, { id: test.id, seed, isOnlyOne });
    writeTrace(path, {
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
    });
    this.#paths.set(`${test.id} ${seed}`, path);
  }
}
