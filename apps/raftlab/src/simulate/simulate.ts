// Many simulated runs, each from its own seed. A run that fails is shrunk and saved as a file that replays it.
import { SystemClock } from '@raftlab/runtime';
import ora, { type Ora } from 'ora';
import { Piscina } from 'piscina';
import type { OutputStream, Terminal } from '../command-context.ts';
import { duration } from '../duration.ts';
import type { LogOptions } from '../log/log-lines.ts';
import { namedPath } from '../traces/trace-choice.ts';
import { makeFolderFor } from '../traces/write-trace.ts';
import { commandFor, saveFailingRun } from './failing-run.ts';
import type { SimulateRequest } from './request.ts';
import { openService, type ServiceModule } from './service-module.ts';
import type { SimulationRecordOrder } from './simulation-trace.ts';
import { Totals } from './totals.ts';
import { runTask, type RunResult, type RunTask } from './worker.ts';

/** Without a screen, a line of progress this often, in ms. */
const progressIntervalMs = 10_000;

export interface SimulateContext {
  readonly terminal: Terminal;
  /** Where the spinner is drawn; without it progress is printed. */
  readonly screen: OutputStream | undefined;
  readonly signal: AbortSignal;
  readonly logStyle: LogStyle;
}

/** The form of a log on the terminal. */
export type LogStyle = Pick<LogOptions, 'width' | 'hasColors'>;

/**
 * 0 when every run passed and a long simulation reached every situation, 1 otherwise, 130 when it was interrupted. Throws
 * TraceFileError and ModuleError.
 */
export async function runSimulation(
  request: SimulateRequest,
  context: SimulateContext,
): Promise<0 | 1 | 130> {
  if (request.trace !== undefined) makeFolderFor(request.trace);
  const service = await openService(request.service);
  const simulation = new Simulation(request, context, service);
  try {
    return await simulation.run();
  } finally {
    service?.remove();
  }
}

class Simulation {
  readonly #request: SimulateRequest;
  readonly #context: SimulateContext;
  /** As data, for the threads. */
  readonly #service: RunTask['service'];
  readonly #clock = new SystemClock();
  readonly #startedAt = this.#clock.now();
  readonly #totals = new Totals();
  readonly #spinner: Ora | undefined;
  readonly #pool: Piscina<RunTask, RunResult> | undefined;
  #nextRun = 0;
  #printedAt = this.#startedAt;

  constructor(request: SimulateRequest, context: SimulateContext, service: ServiceModule | undefined) {
    this.#request = request;
    this.#context = context;
    this.#service = service && { path: service.path, url: service.url };
    const { screen: stream } = context;
    this.#spinner = stream && ora({ text: this.#totals.progress(), stream, discardStdin: false });
    this.#pool = request.jobs === 1 ? undefined : poolOf(request.jobs);
  }

  async run(): Promise<0 | 1 | 130> {
    const { seed, runs, minutes, jobs } = this.#request;
    this.#spinner?.start();
    this.#print([`seed ${seed}${Number.isFinite(runs) ? `, ${runs} runs` : `, ${minutes} minutes`}`]);
    try {
      await Promise.all(Array.from({ length: jobs }, () => this.#work()));
    } finally {
      this.#spinner?.stop();
      await this.#pool?.destroy();
    }
    return this.#conclude();
  }

  /** One of the jobs: takes the next run until there is no more. */
  async #work(): Promise<void> {
    const { seed, runs, minutes, overrides, hasReference, saveTo } = this.#request;
    const deadline = minutes === undefined ? Infinity : this.#startedAt + minutes * 60_000;
    while (this.#nextRun < runs && this.#clock.now() < deadline && !this.#context.signal.aborted) {
      const task = { seed: seed + this.#nextRun++, overrides, hasReference, service: this.#service };
      const result = await this.#runOne({ ...task, order: this.#orderFor(task) });
      this.#totals.add(result);
      if (result.log.length > 0) this.#print(result.log);
      if (result.violation !== undefined) this.#print(await saveFailingRun(task, saveTo));
      this.#printProgress();
    }
  }

  #runOne(task: RunTask): Promise<RunResult> {
    return this.#pool?.run(task) ?? runTask(task);
  }

  /** What the record of one of several runs is for. */
  #orderFor(task: Omit<RunTask, 'order'>): SimulationRecordOrder | undefined {
    const { trace, runs, log } = this.#request;
    if (trace === undefined && log === undefined) return undefined;
    const file = trace === undefined || runs === 1 ? trace : namedPath(trace, task.seed);
    return { file, log: log && { ...log, ...this.#context.logStyle }, replay: commandFor(task) };
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

  #conclude(): 0 | 1 | 130 {
    const { seed, overrides } = this.#request;
    const { signal } = this.#context;
    const missing = this.#totals.missing(Object.keys(overrides).length === 0);
    const { user, system } = process.cpuUsage();
    const real = duration(this.#clock.now() - this.#startedAt);
    this.#print([
      ...(signal.aborted ? ['interrupted; so far:'] : []),
      ...this.#totals.lines(),
      `seed         ${seed} to ${seed + Math.max(0, this.#nextRun - 1)}`,
      ...missing.map((situation) => `never reached in a long simulation: ${situation}`),
      `time         real ${real}, CPU ${duration((user + system) / 1000)}`,
    ]);
    if (signal.aborted) return 130;
    return this.#totals.failed === 0 && missing.length === 0 ? 0 : 1;
  }
}

function poolOf(jobs: number): Piscina<RunTask, RunResult> {
  return new Piscina({
    filename: new URL('worker.js', import.meta.url).href,
    name: runTask.name,
    minThreads: jobs,
    maxThreads: jobs,
  });
}
