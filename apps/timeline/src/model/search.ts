// Full-text search over the events. It advances in parts, since a million events take longer than a frame.
import { fieldsOf, describeEvent } from './describe.ts';
import type { Run } from './run.ts';

/** One search over one run. */
export class Search {
  readonly query: string;
  /** The offsets of the matching events found so far, ascending. */
  readonly matches: number[] = [];
  readonly #run: Run;
  readonly #words: ReadonlyArray<(text: string) => boolean>;
  #next = 0;

  /**
   * Every word of the query must occur in the event's sentence or fields; case is ignored. `term=3` matches a whole name and a
   * whole number: it finds neither `prevLogTerm=3` nor `term=30`. An empty query matches nothing.
   */
  constructor(run: Run, query: string) {
    this.query = query;
    this.#run = run;
    this.#words = query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(finderOf);
    if (this.#words.length === 0) this.#next = run.events.length;
  }

  /** Whether all events have been searched. */
  get isDone(): boolean {
    return this.#next >= this.#run.events.length;
  }

  /** Searches the next `count` events. */
  advance(count: number): void {
    const end = Math.min(this.#next + count, this.#run.events.length);
    for (; this.#next < end; this.#next += 1) {
      const text = searchText(this.#run, this.#next);
      if (this.#words.every((occursIn) => occursIn(text))) this.matches.push(this.#next);
    }
  }
}

function finderOf(word: string): (text: string) => boolean {
  if (!/^\w+=/.test(word)) return (text) => text.includes(word);
  const escaped = word.replaceAll(/[^\w=]/g, String.raw`\$&`);
  const pattern = new RegExp(String.raw`(?<!\w)${escaped}${/\d$/.test(word) ? String.raw`(?!\d)` : ''}`);
  return (text) => pattern.test(text);
}

/** Fields are `name=value`, so that `term=3` finds the events of term 3. */
function searchText(run: Run, offset: number): string {
  const fields = fieldsOf(run, offset).map(({ name, value }) => `${name}=${value}`);
  return `${describeEvent(run, offset)} ${fields.join(' ')}`.toLowerCase();
}
