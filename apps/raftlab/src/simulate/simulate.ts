// Many simulated runs, each from its own seed. A run that fails is shrunk and saved as a file that replays it.
import { SystemClock } from '@raftlab/runtime';
import ora, { type Ora } from 'ora';
import { causeOf } from '../cause-of.ts';
import type { OutputStream, Terminal } from '../command-context.ts';
import { duration } from '../duration.ts';
import type { LogOptions } from '../log/log-lines.ts';
import { namedPath } from '../traces/trace-choice.ts';
import { makeFolderFor } from '../traces/write-trace.ts';
import { commandFor, violationLines } from './failing-run.ts';
import { shardText } from '../shard.ts';
import { thousands } from '../thousands.ts';
import type { SimulateRequest } from './request.ts';
import { lostPropertyOf, openRuns, type Runs } from './runs.ts';
import { keyValueName, type FailingRun, type RunResult, type RunTask } from './simulation-task.ts';
import type { SimulationRecordOrder } from './simulation-trace.ts';
import { Totals } from './totals.ts';
import { openUserCode } from './user-code.ts';

/** Without a screen, a line of progress this often, in ms. */
const progressIntervalMs = 10_000;

export interface SimulateContext {
  readonly terminal: Terminal;
  /** Where the spinner is drawn; without it progress is printed. */
  readonly screen: OutputStream | undefined;
  readonly signal: AbortSignal;
  readonly logStyle: LogStyle;
  /** How long a user's code may run without returning, in ms of real time; `defaultStuckAfterMs` unless it is set. */
  readonly stuckAfterMs?: number;
}

/** The format of a log on the terminal. */
export type LogStyle = Pick<LogOptions, 'width' | 'hasColors'>;

/**
 * 0 if every run passed and a long simulation reached every situation, 1 otherwise, 130 if it was interrupted. Throws
 * TraceFileError and ModuleError.
 */
export async function runSimulation(
  request: SimulateRequest,
  context: SimulateContext,
): Promise<0 | 1 | 130> {
  if (request.trace !== undefined) makeFolderFor(request.trace);
  const { choice, code } = await openUserCode(request);
  const runs = openRuns(request.jobs, code, context.stuckAfterMs);
  try {
    await runs.load();
    return await new Simulation(request, context, { runs, code: choice }).run();
  } finally {
    await runs.close();
    code?.remove();
  }
}

class Simulation {
  readonly #request: SimulateRequest;
  readonly #context: SimulateContext;
  /** A user's code as data, for the threads. */
  readonly #code: Pick<RunTask, 'service' | 'raft'>;
  readonly #clock = new SystemClock();
  readonly #startedAt = this.#clock.now();
  readonly #totals: Totals;
  readonly #spinner: Ora | undefined;
  readonly #runs: Runs;
  /** How often each cause has failed a run, and the first of these runs. */
  readonly #causes = new Map<string, { readonly firstSeed: number; count: number }>();
  /** Counts all runs of the series, of which a shard takes every n-th. */
  #nextRun: number;
  #printedAt = this.#startedAt;

  constructor(
    request: SimulateRequest,
    context: SimulateContext,
    { runs, code }: { runs: Runs; code: Pick<RunTask, 'service' | 'raft'> },
  ) {
    this.#request = request;
    this.#context = context;
    this.#runs = runs;
    this.#code = code;
    this.#totals = new Totals({ hasSituations: code.raft === undefined });
    this.#nextRun = request.shard.index - 1;
    const { screen: stream } = context;
    this.#spinner = stream && ora({ text: this.#totals.progress(), stream, discardStdin: false });
  }

  async run(): Promise<0 | 1 | 130> {
    const { seed, runs, minutes, jobs } = this.#request;
    this.#spinner?.start();
    this.#print([`seed ${seed}${Number.isFinite(runs) ? `, ${runs} runs` : `, ${minutes} minutes`}`]);
    try {
      await Promise.all(Array.from({ length: jobs }, () => this.#work()));
    } finally {
      this.#spinner?.stop();
    }
    return this.#conclude();
  }

  /** One of the jobs: takes the next run until there are no more. */
  async #work(): Promise<void> {
    const { seed, runs, minutes, shard, overrides, hasReference, saveTo } = this.#request;
    const deadline = minutes === undefined ? Infinity : this.#startedAt + minutes * 60_000;
    while (this.#nextRun < runs && this.#clock.now() < deadline && !this.#context.signal.aborted) {
      const task = { seed: seed + this.#nextRun, overrides, hasReference, ...this.#code };
      this.#nextRun += shard.count;
      const result = await this.#untilAborted(this.#runs.run({ ...task, order: this.#orderFor(task) }));
      if (result === undefined) return;
      this.#totals.add(result);
      if (result.log.length > 0) this.#print(result.log);
      await this.#onViolation(task, result, saveTo);
      this.#printProgress();
    }
  }

  /** Prints the first run of each cause, shrunk. The others are counted: they would repeat what the first one shows. */
  async #onViolation(task: FailingRun, { violation }: RunResult, saveTo: string): Promise<void> {
    if (violation === undefined) return;
    const cause = causeOf({ kind: violation.property, message: violation.message });
    const known = this.#causes.get(cause);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    this.#causes.set(cause, { firstSeed: task.seed, count: 1 });
    if (violation.property === lostPropertyOf(task)) {
      this.#print([
        ...violationLines(violation),
        `  seed     ${task.seed}`,
        `  replay   ${commandFor(task)}`,
      ]);
      return;
    }
    const lines = await this.#untilAborted(this.#runs.save(task, saveTo));
    if (lines !== undefined) this.#print(lines);
  }

  /** The result, or undefined when the command is to end first: a user's code may not return. */
  async #untilAborted<Result>(result: Promise<Result>): Promise<Result | undefined> {
    const { signal } = this.#context;
    if (typeof this.#code.service !== 'object' && this.#code.raft === undefined) return result;
    return new Promise((resolve, reject) => {
      const stop = (): void => resolve(undefined);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  /** The purpose of the record of one of several runs. */
  #orderFor(task: Omit<RunTask, 'order'>): SimulationRecordOrder | undefined {
    const { trace, runs, log } = this.#request;
    if (trace === undefined && log === undefined) return undefined;
    const file = trace === undefined || runs === 1 ? trace : namedPath(trace, task.seed);
    return {
      file,
      log: log && { ...log, ...this.#context.logStyle },
      replay: commandFor(task),
      implementation: task.raft?.path,
    };
  }

  #printProgress(): void {
    if (this.#spinner !== undefined) {
      this.#spinner.text = this.#totals.progress();
    } else if (this.#clock.now() - this.#printedAt >= progressIntervalMs) {
      this.#printedAt = this.#clock.now();
      this.#print([this.#totals.progress()]);
    }
  }

  #print(lines: readonly string[]): void {
    this.#spinner?.clear();
    this.#context.terminal.out(`${lines.join('\n')}\n`);
  }

  /** The causes by which runs failed, the most frequent first, when one of them failed several. */
  #causeLines(): string[] {
    const causes = [...this.#causes].toSorted(([, a], [, b]) => b.count - a.count);
    if (!causes.some(([, { count }]) => count > 1)) return [];
    return [
      'failures by cause:',
      ...causes.map(
        ([cause, { count, firstSeed }]) =>
          `${thousands(count).padStart(7)}  ${cause}; first seed ${firstSeed}`,
      ),
    ];
  }

  #conclude(): 0 | 1 | 130 {
    const { seed, shard, overrides } = this.#request;
    const { signal } = this.#context;
    const part = shard.count === 1 ? '' : `, shard ${shardText(shard)}`;
    // The clients of the key/value service meet other situations.
    const isDrawnFreely = Object.keys(overrides).length === 0 && this.#code.service !== keyValueName;
    const missing = this.#totals.missing(isDrawnFreely);
    const { user, system } = process.cpuUsage();
    const real = duration(this.#clock.now() - this.#startedAt);
    this.#print([
      ...(signal.aborted ? ['interrupted; so far:'] : []),
      ...this.#totals.lines(),
      ...this.#causeLines(),
      `seed         ${seed + shard.index - 1} to ${seed + Math.max(0, this.#nextRun - shard.count)}${part}`,
      ...missing.map((situation) => `never reached in a long simulation: ${situation}`),
      `time         real ${real}, CPU ${duration((user + system) / 1000)}`,
    ]);
    if (signal.aborted) return 130;
    return this.#totals.failed === 0 && missing.length === 0 ? 0 : 1;
  }
}
