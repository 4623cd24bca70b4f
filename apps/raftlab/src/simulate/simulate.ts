// The simulate command: many runs, each from its own seed; what fails is shrunk and saved as a file that replays.
import { readFileSync } from 'node:fs';
import { SystemClock } from '@raftlab/runtime';
import { parseRecordedRun, RecordedRunError, replayOptions, simulate } from '@raftlab/simulation';
import ora from 'ora';
import { Piscina } from 'piscina';
import type { Terminal } from '../grade/command.ts';
import type { LogOptions } from '../log/log-lines.ts';
import { duration } from '../grade/summary.ts';
import { namedPath } from '../traces/trace-choice.ts';
import { makeFolderFor } from '../traces/write-trace.ts';
import type { ReplayCommand, SimulateCommand } from './command.ts';
import { commandFor, replayCommandFor, saveFailingRun, violationLines } from './failing-run.ts';
import type { ServiceModule } from './service-module.ts';
import { keepRecord, type SimulationRecordOrder } from './simulation-trace.ts';
import { Totals } from './totals.ts';
import { optionsOf, runTask, type RunResult, type RunTask } from './worker.ts';

/** Not on a terminal, a line of progress this often, in ms. */
const progressIntervalMs = 10_000;

export interface SimulateContext {
  readonly terminal: Terminal;
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
  readonly look: LogLook;
}

/** How a log looks on the terminal. */
type LogLook = Pick<LogOptions, 'width' | 'hasColors'>;

/** Throws TraceFileError and ModuleError. 0 when every run passed and a long simulation met everything, 1 otherwise, 130 when it was interrupted. */
export async function runSimulation(
  command: SimulateCommand,
  context: SimulateContext,
): Promise<0 | 1 | 130> {
  const { seed, runs, minutes, jobs, overrides, hasReference, saveTo } = command;
  const { terminal, isTerminal, signal, look } = context;
  if (command.trace !== undefined) makeFolderFor(command.trace);
  const module = await openService(command.service);
  const service = module && { path: module.path, url: module.url };
  const clock = new SystemClock();
  const startedAt = clock.now();
  const deadline = minutes === undefined ? Infinity : startedAt + minutes * 60_000;
  const totals = new Totals();
  const spinner = isTerminal ? ora({ text: totals.progress(), discardStdin: false }).start() : undefined;
  const say = (lines: readonly string[]): void => {
    spinner?.clear();
    terminal.out(`${lines.join('\n')}\n`);
  };
  say([`seed ${seed}${Number.isFinite(runs) ? `, ${runs} runs` : `, ${minutes} minutes`}`]);
  const pool =
    jobs === 1
      ? undefined
      : new Piscina<RunTask, RunResult>({
          filename: new URL('worker.js', import.meta.url).href,
          name: runTask.name,
          minThreads: jobs,
          maxThreads: jobs,
        });
  const run = (task: RunTask): Promise<RunResult> => pool?.run(task) ?? runTask(task);
  let nextRun = 0;
  let saidAt = startedAt;

  async function work(): Promise<void> {
    while (nextRun < runs && clock.now() < deadline && !signal.aborted) {
      const task = { seed: seed + nextRun++, overrides, hasReference, service };
      const result = await run({ ...task, order: orderFor(command, task, look) });
      totals.add(result);
      if (result.log.length > 0) say(result.log);
      if (result.violation !== undefined) say(await saveFailingRun(task, saveTo));
      if (spinner !== undefined) spinner.text = totals.progress();
      else if (clock.now() - saidAt >= progressIntervalMs) {
        saidAt = clock.now();
        say([totals.progress()]);
      }
    }
  }

  await Promise.all(Array.from({ length: jobs }, work));
  spinner?.stop();
  await pool?.destroy();
  module?.remove();
  const missing = totals.missing(Object.keys(overrides).length === 0);
  const { user, system } = process.cpuUsage();
  say([
    ...(signal.aborted ? ['interrupted; so far:'] : []),
    ...totals.lines(),
    `seed         ${seed} to ${seed + Math.max(0, nextRun - 1)}`,
    ...missing.map((situation) => `never met in a long simulation: ${situation}`),
    `time         real ${duration(clock.now() - startedAt)}, CPU ${duration((user + system) / 1000)}`,
  ]);
  if (signal.aborted) return 130;
  return totals.failed === 0 && missing.length === 0 ? 0 : 1;
}

/** What is wanted of the record of one of several runs. */
function orderFor(
  { trace, runs, log }: SimulateCommand,
  task: Omit<RunTask, 'order'>,
  options: LogLook,
): SimulationRecordOrder | undefined {
  if (trace === undefined && log === undefined) return undefined;
  const file = trace === undefined || runs === 1 ? trace : namedPath(trace, task.seed);
  return { file, log: log && { ...log, ...options }, replay: commandFor(task) };
}

/** 0 when no property was violated, 1 when one was, 2 when the file cannot be used. */
export async function replay(
  { file, hasReference, service: path, trace, log }: ReplayCommand,
  { terminal, look }: Pick<SimulateContext, 'terminal' | 'look'>,
): Promise<0 | 1 | 2> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    terminal.error(
      `error: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 2;
  }
  const service = await openService(path);
  try {
    const recorded = parseRecordedRun(text);
    const isRecorded = trace !== undefined || log !== undefined;
    const report = await simulate({
      ...(await optionsOf({ ...recorded, hasReference, service })),
      ...replayOptions(recorded),
      isRecorded,
    });
    const { violation, traceHash, faults } = report;
    const order = {
      file: trace,
      log: log && { ...log, ...look },
      replay: replayCommandFor(file, { hasReference, service }),
    };
    const logged = isRecorded ? keepRecord(report, order) : [];
    if (logged.length > 0) terminal.out(`${logged.join('\n')}\n`);
    const lines = violation === undefined ? ['no property was violated'] : violationLines(violation);
    terminal.out(
      `${[...lines, `${faults.length} faults and proposals, trace hash ${traceHash}`].join('\n')}\n`,
    );
    return violation === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RecordedRunError)) throw error;
    terminal.error(`error: ${file} is not a recorded run: ${error.message}\n`);
    return 2;
  } finally {
    service?.remove();
  }
}

async function openService(path: string | undefined): Promise<ServiceModule | undefined> {
  if (path === undefined) return undefined;
  // Only now: it brings a bundler with it.
  const { openServiceModule } = await import('./service-module.ts');
  return openServiceModule(path);
}
