// The sums over all runs of a simulation.
import { expectedSituations, situations, type Situation } from '@raftlab/simulation';
import { duration } from '../duration.ts';
import { thousands } from '../thousands.ts';
import type { RunResult } from './simulation-task.ts';

/** A simulation of at least this many events must have reached every situation of the list. */
export const longSimulationEvents = 5_000_000;

export class Totals {
  readonly #hasSituations: boolean;
  runs = 0;
  failed = 0;
  events = 0;
  virtualMs = 0;
  /** Of the clients of the key/value service. */
  operations = { checked: 0, unknown: 0 };
  readonly #faults = new Map<string, number>();
  readonly #reached = new Map<Situation, number>(situations.map((situation) => [situation, 0]));

  /** `hasSituations`: whether the runs report which situations they reach. */
  constructor({ hasSituations }: { hasSituations: boolean }) {
    this.#hasSituations = hasSituations;
  }

  add({ events, virtualMs, violation, faultCounts, network, operations, reached }: RunResult): void {
    this.runs += 1;
    this.events += events;
    this.virtualMs += virtualMs;
    if (violation !== undefined) this.failed += 1;
    this.operations.checked += operations.checked;
    this.operations.unknown += operations.unknown;
    for (const [kind, count] of faultCounts) addTo(this.#faults, kind, count);
    addTo(this.#faults, 'message lost', network.lost);
    addTo(this.#faults, 'message doubled', network.duplicated);
    for (const [situation, count] of reached) addTo(this.#reached, situation, count);
  }

  progress(): string {
    return `${this.runs} runs, ${thousands(this.events)} events, ${duration(this.virtualMs)} virtual, ${this.failed} failed`;
  }

  /** Situations that were never reached; empty if the simulation was too short, or restricted to one kind of run. */
  missing(isDrawnFreely: boolean): Situation[] {
    if (!this.#hasSituations || !isDrawnFreely || this.events < longSimulationEvents) return [];
    return expectedSituations.filter((situation) => this.#reached.get(situation) === 0);
  }

  #operationLines(): string[] {
    const { checked, unknown } = this.operations;
    if (checked === 0) return [];
    return [`operations   ${thousands(checked)} checked, ${thousands(unknown)} without a known result`];
  }

  lines(): string[] {
    // Sorted: with several jobs, runs end in any order.
    const faults = [...this.#faults]
      .filter(([kind]) => kind !== 'propose' && kind !== 'operation')
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      'faults:',
      ...columns(faults),
      ...(this.#hasSituations ? ['reached:', ...columns([...this.#reached])] : []),
      '',
      `${this.runs - this.failed} runs passed, ${this.failed} failed`,
      `events       ${thousands(this.events)}`,
      ...this.#operationLines(),
      `virtual time ${duration(this.virtualMs)}`,
    ];
  }
}

function addTo<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function columns(rows: readonly (readonly [string, number])[]): string[] {
  return rows.map(([name, count]) => `  ${thousands(count).padStart(11)}  ${name}`);
}
