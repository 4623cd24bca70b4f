// Parses one command word by word. An error has the word that was found and the words that are valid there.
import { readEntry, type EntrySketch } from './entry-text.ts';
import { ScenarioProblem } from './scenario-error.ts';

const wordPattern = /"[^"]*"|\S+/g;

export class Words {
  readonly #line: string;
  readonly #words: readonly string[];
  #position = 0;

  constructor(line: string) {
    this.#line = line;
    this.#words = line.match(wordPattern) ?? [];
  }

  get isAtEnd(): boolean {
    return this.#position === this.#words.length;
  }

  peek(): string | undefined {
    return this.#words[this.#position];
  }

  /** Skips the next word if it is this one. */
  skip(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#position += 1;
    return true;
  }

  need(word: string): void {
    if (!this.skip(word)) throw this.refusal(`\`${word}\``);
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.peek());
    if (found === undefined) throw this.refusal(choices.map((choice) => `\`${choice}\``).join(', '));
    this.#position += 1;
    return found;
  }

  number(what: string): number {
    const word = this.peek();
    if (word === undefined || !/^\d+$/.test(word)) throw this.refusal(`${what} (a number)`);
    this.#position += 1;
    return Number(word);
  }

  /** All numbers up to the first word that is not one; the list may be empty. */
  numbers(): number[] {
    const numbers: number[] = [];
    while (/^\d+$/.test(this.peek() ?? '')) numbers.push(this.number('a number'));
    return numbers;
  }

  /** All entries up to the first word that is not one; the list may be empty. */
  entries(): EntrySketch[] {
    const entries: EntrySketch[] = [];
    for (
      let entry = readEntry(this.peek() ?? '');
      entry !== undefined;
      entry = readEntry(this.peek() ?? '')
    ) {
      entries.push(entry);
      this.#position += 1;
    }
    return entries;
  }

  /** An index and its term, as `3/1`. */
  place(what: string): { readonly index: number; readonly term: number } {
    const [, index, term] = /^(\d+)\/(\d+)$/.exec(this.peek() ?? '') ?? [];
    if (index === undefined || term === undefined)
      throw this.refusal(`${what} as \`index/term\`, e.g. \`3/1\``);
    this.#position += 1;
    return { index: Number(index), term: Number(term) };
  }

  word(what: string): string {
    const word = this.peek();
    if (word === undefined) throw this.refusal(what);
    this.#position += 1;
    return word;
  }

  /** Text in double quotes. */
  quoted(what: string): string {
    const word = this.peek();
    if (word === undefined || !/^".*"$/.test(word)) throw this.refusal(`${what} in double quotes`);
    this.#position += 1;
    return word.slice(1, -1);
  }

  /** Two servers and the direction between them, as `0 -> 1`. */
  link(): { readonly from: number; readonly to: number } {
    const from = this.number('the sender');
    this.need('->');
    return { from, to: this.number('the receiver') };
  }

  end(): void {
    if (!this.isAtEnd) throw this.refusal('the end of the line');
  }

  refusal(valid: string): ScenarioProblem {
    const word = this.peek();
    const found = word === undefined ? 'unexpected end of the line' : `unexpected \`${word}\``;
    return new ScenarioProblem(`${found} in \`${this.#line}\`; valid: ${valid}`);
  }
}
