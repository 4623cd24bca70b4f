// What a server's lane shows: stretches of time in which its role, term, life and links stay the same.
import type { Term } from '@raftlab/protocol';
import { firstWhere } from './search-sorted.ts';
import type { Role, ServerState } from './server-state.ts';

export interface LaneSpan {
  readonly from: number;
  /** Where the next one begins; the end of the run for the last. */
  readonly to: number;
  readonly life: ServerState['life'];
  readonly role: Role | undefined;
  readonly term: Term | undefined;
  readonly isConnected: boolean;
  /** How many of its own links are cut. */
  readonly cutCount: number;
}

export type Lane = readonly LaneSpan[];

export class LaneBuilder {
  readonly #spans: LaneSpan[] = [];
  #shown: ServerState | undefined;
  #from = 0;

  /** The server is like this from now on. */
  show(state: ServerState, at: number): void {
    if (this.#shown === state || (this.#shown !== undefined && looksAlike(this.#shown, state))) return;
    this.#close(at);
    this.#shown = state;
    this.#from = at;
  }

  finish(end: number): Lane {
    this.#close(end);
    return this.#spans;
  }

  #close(to: number): void {
    const state = this.#shown;
    if (state === undefined) return;
    // Several events of one instant: what they lead to is what is seen.
    if (to === this.#from && this.#spans.length > 0) return;
    const { life, role, term, isConnected, cutTo } = state;
    this.#spans.push({ from: this.#from, to, life, role, term, isConnected, cutCount: cutTo.length });
  }
}

function looksAlike(a: ServerState, b: ServerState): boolean {
  return (
    a.life === b.life &&
    a.role === b.role &&
    a.term === b.term &&
    a.isConnected === b.isConnected &&
    a.cutTo.length === b.cutTo.length
  );
}

/** The stretches that the window meets. */
export function spansWithin(lane: Lane, from: number, to: number): LaneSpan[] {
  const first = firstWhere(lane.length, (n) => (lane[n]?.to ?? 0) >= from);
  const end = firstWhere(lane.length, (n) => (lane[n]?.from ?? 0) > to);
  return lane.slice(first, end);
}
