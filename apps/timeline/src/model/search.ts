// Finds the events that say certain words. Works in portions, since a million events take longer than a frame.
import { fieldsOf, sentence } from './describe.ts';
import type { Run } from './run.ts';

export class Search {
  readonly query: string;
  /** The events that match, in order, as far as the search has come. */
  readonly matches: number[] = [];
  readonly #run: Run;
  readonly #words: ReadonlyArray<(text: string) => boolean>;
  #next = 0;

  /**
   * Every word of the query must occur in the event's sentence or its fields, in upper or lower case. `term=3` is a whole
   * name and a whole number: it finds neither `prevLogTerm=3` nor `term=30`.
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

  get isDone(): boolean {
    return this.#next >= this.#run.events.length;
  }

  /** Looks at so many events more. */
  advance(count: number): void {
    const end = Math.min(this.#next + count, this.#run.events.length);
    for (; this.#next < end; this.#next += 1) {
      const text = searchText(this.#run, this.#next);
      if (this.#words.every((isIn) => isIn(text))) this.matches.push(this.#next);
    }
  }
}

function finderOf(word: string): (text: string) => boolean {
  if (!/^\w+=/.test(word)) return (text) => text.includes(word);
  const escaped = word.replaceAll(/[^\w=]/g, String.raw`\$&`);
  const pattern = new RegExp(String.raw`(?<!\w)${escaped}${/\d$/.test(word) ? String.raw`(?!\d)` : ''}`);
  return (text) => pattern.test(text);
}

/** Fields stand as `name=value`, so that `term=3` finds what is of the third term. */
function searchText(run: Run, offset: number): string {
  const fields = fieldsOf(run, offset).map(({ name, value }) => `${name}=${value}`);
  return `${sentence(run, offset)} ${fields.join(' ')}`.toLowerCase();
}
