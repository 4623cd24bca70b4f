#!/usr/bin/env node
// The explore command: every state of a small cluster within bounds, and a shortest way to the first that is wrong.
import { SystemClock } from '@raftlab/runtime';
import { exploreInSteps, smallBounds, type ExplorerProgress, type ExplorerReport } from '@raftlab/explorer';
import { Command, CommanderError } from 'commander';
import { wholeNumber } from '../grade/command.ts';
import { refuseKeptByNpm } from '../npm-reserved-options.ts';
import { duration } from '../grade/summary.ts';

/** A line of progress this often, in ms. */
const progressIntervalMs = 10_000;

interface Flags {
  readonly servers: number;
  readonly terms: number;
  readonly entries: number;
  readonly inFlight: number;
  readonly crashes: number;
  readonly duplications: number;
  readonly snapshots: number;
  readonly maxStates: number;
}

const program = new Command('explore')
  .description(
    'Visits every state that Raft can reach within bounds, with the production core, and checks each.',
  )
  .option('--servers <count>', 'servers', wholeNumber(2, 5), smallBounds.serverCount)
  .option('--terms <count>', 'elections begin only below this term', wholeNumber(1, 30), smallBounds.maxTerm)
  .option('--entries <count>', 'commands proposed in all', wholeNumber(0, 30), 2)
  .option('--in-flight <count>', 'messages in flight at a time', wholeNumber(1, 8), smallBounds.maxInFlight)
  .option('--crashes <count>', 'crashes in all, each with a restart', wholeNumber(0, 30), 0)
  .option('--duplications <count>', 'messages delivered twice, in all', wholeNumber(0, 30), 0)
  .option('--snapshots <count>', 'snapshots in all', wholeNumber(0, 30), 0)
  .option('--max-states <count>', 'stop, incomplete, at so many', wholeNumber(1, 1_000_000_000), 100_000_000)
  .allowExcessArguments(false)
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit status: 0 all states were visited, and none was wrong; 1 otherwise; 2 the command was wrong.',
  );

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const thousands = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');

try {
  refuseKeptByNpm(program, process.env);
  program.parse();
  const report = run(program.opts<Flags>());
  process.exitCode = report.isComplete && report.violation === undefined ? 0 : 1;
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function run(flags: Flags): ExplorerReport {
  const { servers, terms, entries, inFlight, crashes, duplications, snapshots, maxStates } = flags;
  const clock = new SystemClock();
  const startedAt = clock.now();
  let saidAt = startedAt;
  const steps = exploreInSteps(
    {
      serverCount: servers,
      maxTerm: terms,
      maxEntries: entries,
      maxInFlight: inFlight,
      crashes,
      duplications,
      snapshots,
    },
    { maxStates },
  );
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      say(step.value, clock.now() - startedAt);
      return step.value;
    }
    if (clock.now() - saidAt < progressIntervalMs) continue;
    saidAt = clock.now();
    out(progressLine(step.value));
  }
}

function progressLine({ states, transitions, depth }: ExplorerProgress): string {
  return `${thousands(states)} states, ${thousands(transitions)} transitions, depth ${depth}`;
}

function say(report: ExplorerReport, realMs: number): void {
  const { isComplete, violation, mostChosen, messageKinds, coreActions } = report;
  if (violation !== undefined) {
    out(`${violation.property}: ${violation.message}\na shortest way there:`);
    for (const line of violation.transcript) out(`  ${line}`);
  }
  out(progressLine(report));
  out(
    `steps of the core ${thousands(coreActions)}, most entries chosen ${mostChosen}, messages: ${messageKinds.join(', ')}`,
  );
  const verdict = violation === undefined ? 'no property was violated' : 'a property was violated';
  out(
    `${isComplete ? 'every state within the bounds was visited' : 'not every state was visited'}; ${verdict}`,
  );
  const { user, system } = process.cpuUsage();
  out(`time real ${duration(realMs)}, CPU ${duration((user + system) / 1000)}`);
}
