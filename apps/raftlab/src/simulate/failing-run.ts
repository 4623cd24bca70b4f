// Handles a run that violates a property: shrinks it, saves it as a file that replays it, and describes it, with its page.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatRecordedRun,
  recordRun,
  shrink,
  type SimulateOptions,
  type SimulationReport,
  type SimulationViolation,
} from '@raftlab/simulation';
import { commandName } from '../command-name.ts';
import { relevantEvents } from '../log/relevant-events.ts';
import { quoted } from '../quoted.ts';
import { keepRecord } from './simulation-trace.ts';
import { serviceName, type FailingRun } from './simulation-task.ts';
import { simulateOurs } from './simulator.ts';

export interface SaveOptions {
  /** Runs one simulation; by default with our Raft. */
  readonly run?: (options: SimulateOptions) => Promise<SimulationReport>;
}

/** Returns the lines to print. */
export async function saveFailingRun(
  failingRun: FailingRun,
  saveTo: string,
  { run = (options) => simulateOurs(failingRun, options) }: SaveOptions = {},
): Promise<readonly string[]> {
  const { seed, overrides } = failingRun;
  const implementation = failingRun.raft?.path;
  const failing = await run({ seed, overrides });
  if (failing.violation === undefined)
    return [`seed ${seed} failed, but not when it was run again: the run is not a function of its seed`];
  const { report, before, after, runs } = await shrink(failing, { seed, overrides }, { run });
  mkdirSync(saveTo, { recursive: true });
  const file = join(saveTo, `seed-${seed}.json`);
  writeFileSync(file, formatRecordedRun(recordRun(report, overrides)));
  const replay = replayCommandFor(file, failingRun);
  const page = join(saveTo, `seed-${seed}.html`);
  const short = await run({ seed, overrides, faults: report.faults, isRecorded: true });
  const isSame = short.violation?.property === failing.violation.property;
  if (isSame) {
    keepRecord(short, { file: page, replay, implementation });
  } else {
    // A run that could not be shrunk may not fail by its recorded faults alone: then the page shows the drawn run.
    const drawn = await run({ seed, overrides, isRecorded: true });
    keepRecord(drawn, { file: page, replay: commandFor(failingRun), implementation });
  }
  // The steps of our own cores say more than their messages.
  const shown = failingRun.raft !== undefined && isSame ? withRelevantEvents(short) : failing.violation;
  return [
    ...violationLines(shown),
    `  seed     ${seed}`,
    `  replay   ${commandFor(failingRun)}`,
    `  shrunk   from ${before} to ${after} faults and proposals in ${runs} runs: ${replay}`,
    `  page     ${page}, ${isSame ? 'the shrunk run' : 'the whole run'}`,
  ];
}

/** The command that repeats a run from its seed. */
export function commandFor(run: FailingRun): string {
  const { seed, overrides } = run;
  const { servers, learners, schedule, without, conditions, storage } = overrides;
  const lists = { without: without?.join(','), with: conditions?.join(',') };
  const flags = Object.entries({ servers, learners, schedule, storage, ...lists })
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
  return `${commandName('simulate')} --seed ${seed} --runs 1${flags}${moreFlags(run)}`;
}

/** The command that runs a saved file. */
export function replayCommandFor(file: string, run: Pick<FailingRun, OptionName>): string {
  return `${commandName('simulate')} --replay ${quoted(file)}${moreFlags(run)}`;
}

type OptionName = 'hasReference' | 'service' | 'raft';

function moreFlags({ hasReference, service, raft }: Pick<FailingRun, OptionName>): string {
  return [
    hasReference ? ' --reference' : '',
    service === undefined ? '' : ` --service ${quoted(serviceName(service))}`,
    raft === undefined ? '' : ` --impl ${quoted(raft.path)}`,
  ].join('');
}

/** The violation of a recorded run of a Raft that reports no steps, with those of its last events that matter for it. */
export function withRelevantEvents({ violation, record }: SimulationReport): SimulationViolation {
  if (violation === undefined || record === undefined)
    throw new Error('the run was not recorded, or has passed');
  return { ...violation, recent: relevantEvents(record.events, violation.message) };
}

export function violationLines({ property, message, atMs, recent }: SimulationViolation): string[] {
  return [
    `${property}, at ${atMs.toFixed(3)} virtual ms:`,
    ...message.split('\n').map((line) => `  ${line}`),
    // A run that was stopped from outside has none.
    ...(recent.length === 0 ? [] : ['  the last events:']),
    ...recent.map((line) => `    ${line}`),
  ];
}
