// The simulate command: many runs, each from its own seed; what fails is shrunk and saved as a file that replays.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '@raftlab/runtime';
import {
  formatRecordedRun,
  parseRecordedRun,
  RecordedRunError,
  recordRun,
  replayOptions,
  shrink,
  simulate,
  type MixOverrides,
  type SimulationViolation,
} from '@raftlab/test-harness';
import ora from 'ora';
import { Piscina } from 'piscina';
import type { Terminal } from '../command.ts';
import { duration } from '../summary.ts';
import type { SimulateCommand } from './command.ts';
import { Totals } from './totals.ts';
import { optionsOf, runTask, type RunResult, type RunTask } from './worker.ts';

/** Not on a terminal, a line of progress this often, in ms. */
const progressIntervalMs = 10_000;

export interface SimulateContext {
  readonly terminal: Terminal;
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
}

/** 0 when every run passed and a long simulation met everything, 1 otherwise, 130 when it was interrupted. */
export async function runSimulation(
  command: SimulateCommand,
  context: SimulateContext,
): Promise<0 | 1 | 130> {
  const { seed, runs, minutes, jobs, overrides, hasReference } = command;
  const { terminal, isTerminal, signal } = context;
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
      const task = { seed: seed + nextRun++, overrides, hasReference };
      const result = await run(task);
      totals.add(result);
      if (result.violation !== undefined) say(await reportFailure(task, command));
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
  const missing = totals.missing(Object.keys(overrides).length === 0);
  const { user, system } = process.cpuUsage();
  say([
    ...totals.lines(),
    `seed         ${seed} to ${seed + Math.max(0, nextRun - 1)}`,
    ...missing.map((situation) => `never met in a long simulation: ${situation}`),
    `time         real ${duration(clock.now() - startedAt)}, CPU ${duration((user + system) / 1000)}`,
  ]);
  if (signal.aborted) return 130;
  return totals.failed === 0 && missing.length === 0 ? 0 : 1;
}

async function reportFailure(task: RunTask, { saveTo }: SimulateCommand): Promise<string[]> {
  const { seed, overrides, hasReference } = task;
  const flag = hasReference ? ' --reference' : '';
  const failing = await simulate(optionsOf(task));
  if (failing.violation === undefined)
    return [`seed ${seed} failed and, run again, did not: a run is not a function of its seed`];
  const { report, before, after, runs } = await shrink(
    failing,
    { seed, overrides },
    // The reference relation has a memory: every run gets its own.
    { run: (options) => simulate({ ...optionsOf(task), ...options }) },
  );
  mkdirSync(saveTo, { recursive: true });
  const file = join(saveTo, `seed-${seed}.json`);
  writeFileSync(file, formatRecordedRun(recordRun(report, overrides)));
  return [
    ...violationLines(failing.violation),
    `  seed     ${seed}`,
    `  replay   npm run simulate -- --seed ${seed} --runs 1${flagsOf(overrides)}${flag}`,
    `  shrunk   from ${before} to ${after} faults and proposals in ${runs} runs: npm run simulate -- --replay ${file}${flag}`,
  ];
}

function flagsOf({ servers, schedule, without }: MixOverrides): string {
  const flags = { servers, schedule, without: without?.join(',') };
  return Object.entries(flags)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
}

function violationLines({ property, message, atMs, recent }: SimulationViolation): string[] {
  return [
    `${property}, at ${atMs.toFixed(3)} virtual ms:`,
    ...message.split('\n').map((line) => `  ${line}`),
    '  the last events:',
    ...recent.map((line) => `    ${line}`),
  ];
}

/** 0 when no property was violated, 1 when one was, 2 when the file cannot be used. */
export async function replay(
  { file, hasReference }: { file: string; hasReference: boolean },
  terminal: Terminal,
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
  try {
    const recorded = parseRecordedRun(text);
    const { violation, traceHash, faults } = await simulate({
      ...optionsOf({ ...recorded, hasReference }),
      ...replayOptions(recorded),
    });
    const lines = violation === undefined ? ['no property was violated'] : violationLines(violation);
    terminal.out(
      `${[...lines, `${faults.length} faults and proposals, trace hash ${traceHash}`].join('\n')}\n`,
    );
    return violation === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RecordedRunError)) throw error;
    terminal.error(`error: ${file} is not a recorded run: ${error.message}\n`);
    return 2;
  }
}
