// What the lane of a server shows: spans of time in which its role, term, process and links do not change.
import type { Term } from '@raftlab/protocol';
import { firstWhere } from './search-sorted.ts';
import type { Role, ServerState } from './server-state.ts';

/** A span of a lane. Times are milliseconds of the run. */
export interface LaneSpan {
  readonly from: number;
  /** The start of the next span; for the last one, the end of the run. */
  readonly to: number;
  readonly life: ServerState['life'];
  readonly role: Role | undefined;
  readonly term: Term | undefined;
  readonly isConnected: boolean;
  /** How many of its own links are cut. */
  readonly cutCount: number;
}

/** The spans of one server, in order and without gaps. */
export type Lane = readonly LaneSpan[];

/** Builds a lane from the states of a server, in order of time. */
export class LaneBuilder {
  readonly #spans: LaneSpan[] = [];
  #shown: ServerState | undefined;
  #from = 0;

  /** The server has this state from `at` on. */
  show(state: ServerState, at: number): void {
    if (this.#shown === state || (this.#shown !== undefined && isSameSpan(this.#shown, state))) return;
    this.#close(at);
    this.#shown = state;
    this.#from = at;
  }

  /** Returns the lane. `end` is the end of the run. */
  finish(end: number): Lane {
    this.#close(end);
    return this.#spans;
  }

  #close(to: number): void {
    const state = this.#shown;
    if (state === undefined) return;
    // Of several states at the same time only the last is shown.
    if (to === this.#from && this.#spans.length > 0) return;
    const { life, role, term, isConnected, cutTo } = state;
    this.#spans.push({ from: this.#from, to, life, role, term, isConnected, cutCount: cutTo.length });
  }
}

function isSameSpan(a: ServerState, b: ServerState): boolean {
  return (
    a.life === b.life &&
    a.role === b.role &&
    a.term === b.term &&
    a.isConnected === b.isConnected &&
    a.cutTo.length === b.cutTo.length
  );
}

/** The spans that overlap with the time from `from` to `to`. */
export function spansWithin(lane: Lane, from: number, to: number): LaneSpan[] {
  const first = firstWhere(lane.length, (n) => (lane[n]?.to ?? 0) >= from);
  const end = firstWhere(lane.length, (n) => (lane[n]?.from ?? 0) > to);
  return lane.slice(first, end);
}
