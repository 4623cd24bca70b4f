// What is done with a run that violates a property: it is told, made short, and saved as a file that replays, with its page.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatRecordedRun,
  recordRun,
  shrink,
  simulate,
  type SimulateOptions,
  type SimulationReport,
  type SimulationViolation,
} from '@raftlab/simulation';
import { quoted } from '../grade/lab-lines.ts';
import { keepRecord } from './simulation-trace.ts';
import { optionsOf, type RunTask } from './worker.ts';

type FailingRun = Omit<RunTask, 'order'>;

/** Gives what is to be said. `run`: how a run is done; tests put in one that fails. */
export async function saveFailingRun(
  failingRun: FailingRun,
  saveTo: string,
  // The reference relation has a memory: every run gets its own.
  run: Run = async (options) => simulate({ ...(await optionsOf(failingRun)), ...options }),
): Promise<string[]> {
  const { seed, overrides } = failingRun;
  const failing = await run({ seed, overrides });
  if (failing.violation === undefined)
    return [`seed ${seed} failed and, run again, did not: a run is not a function of its seed`];
  const { report, before, after, runs } = await shrink(failing, { seed, overrides }, { run });
  mkdirSync(saveTo, { recursive: true });
  const file = join(saveTo, `seed-${seed}.json`);
  writeFileSync(file, formatRecordedRun(recordRun(report, overrides)));
  const replay = replayCommandFor(file, failingRun);
  const page = join(saveTo, `seed-${seed}.html`);
  const short = await run({ seed, overrides, faults: report.faults, isRecorded: true });
  const isSame = short.violation?.property === failing.violation.property;
  if (isSame) {
    keepRecord(short, { file: page, replay });
  } else {
    // A run that could not be made short need not fail by its faults alone: then it is the drawn one that is shown.
    const drawn = await run({ seed, overrides, isRecorded: true });
    keepRecord(drawn, { file: page, replay: commandFor(failingRun) });
  }
  return [
    ...violationLines(failing.violation),
    `  seed     ${seed}`,
    `  replay   ${commandFor(failingRun)}`,
    `  shrunk   from ${before} to ${after} faults and proposals in ${runs} runs: ${replay}`,
    `  look     ${page}, ${isSame ? 'what is left of it' : 'all of it'}`,
  ];
}

type Run = (options: SimulateOptions) => Promise<SimulationReport>;

/** What to type to have a run again. */
export function commandFor(run: FailingRun): string {
  const { seed, overrides } = run;
  const { servers, schedule, without } = overrides;
  const flags = Object.entries({ servers, schedule, without: without?.join(',') })
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
  return `npm run simulate -- --seed ${seed} --runs 1${flags}${moreFlags(run)}`;
}

export function replayCommandFor(file: string, run: Pick<FailingRun, 'hasReference' | 'service'>): string {
  return `npm run simulate -- --replay ${quoted(file)}${moreFlags(run)}`;
}

function moreFlags({ hasReference, service }: Pick<FailingRun, 'hasReference' | 'service'>): string {
  return `${hasReference ? ' --reference' : ''}${service === undefined ? '' : ` --service ${quoted(service.path)}`}`;
}

export function violationLines({ property, message, atMs, recent }: SimulationViolation): string[] {
  return [
    `${property}, at ${atMs.toFixed(3)} virtual ms:`,
    ...message.split('\n').map((line) => `  ${line}`),
    '  the last events:',
    ...recent.map((line) => `    ${line}`),
  ];
}
