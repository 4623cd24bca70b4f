// Runs the explorer over every state of a small cluster, and prints a shortest path to the first violation.
import { SystemClock } from '@raftlab/runtime';
import { exploreInSteps, type ExplorerProgress, type ExplorerReport } from '@raftlab/explorer';
import type { Terminal } from '../command-context.ts';
import { duration } from '../duration.ts';
import { thousands } from '../thousands.ts';

/** A line of progress this often, in ms. */
const progressIntervalMs = 10_000;

export interface ExploreRequest {
  readonly servers: number;
  readonly learners: number;
  readonly terms: number;
  readonly entries: number;
  readonly inFlight: number;
  readonly crashes: number;
  readonly duplications: number;
  readonly snapshots: number;
  readonly reads: number;
  readonly transfers: number;
  readonly noops: boolean;
  readonly preVotes: boolean;
  readonly maxStates: number;
}

/** Undefined if the signal was aborted. */
export async function explore(
  request: ExploreRequest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExplorerReport | undefined> {
  const { servers, terms, entries, inFlight, maxStates, ...sameNames } = request;
  const print = (lines: readonly string[]): void => terminal.out(`${lines.join('\n')}\n`);
  const clock = new SystemClock();
  const startedAt = clock.now();
  let printedAt = startedAt;
  const steps = exploreInSteps(
    {
      ...sameNames,
      serverCount: servers,
      maxTerm: terms,
      maxEntries: entries,
      maxInFlight: inFlight,
    },
    { maxStates },
  );
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      print(reportLines(step.value, clock.now() - startedAt));
      return step.value;
    }
    // A standard output that takes no more is noticed between two iterations of the event loop.
    await clock.breathe();
    if (signal.aborted) return undefined;
    if (clock.now() - printedAt < progressIntervalMs) continue;
    printedAt = clock.now();
    print([progressLine(step.value)]);
  }
}

function progressLine({ states, transitions, depth }: ExplorerProgress): string {
  return `${thousands(states)} states, ${thousands(transitions)} transitions, depth ${depth}`;
}

function reportLines(report: ExplorerReport, realMs: number): string[] {
  const { isComplete, violation, mostChosen, messageKinds, coreActions } = report;
  const verdict = violation === undefined ? 'no property was violated' : 'a property was violated';
  const { user, system } = process.cpuUsage();
  return [
    ...(violation === undefined
      ? []
      : [
          `${violation.property}: ${violation.message}`,
          'a shortest path to it:',
          ...violation.transcript.map((line) => `  ${line}`),
        ]),
    progressLine(report),
    `steps of the core ${thousands(coreActions)}, most entries chosen ${mostChosen}, messages: ${messageKinds.join(', ')}`,
    `${isComplete ? 'every state within the bounds was visited' : 'not every state was visited'}; ${verdict}`,
    `time real ${duration(realMs)}, CPU ${duration((user + system) / 1000)}`,
  ];
}
