// The set of operations that are linearized at a moment of the search.
import type { Choice } from './choice.ts';

/** Changes by one operation at a time, in constant time. */
export class LinearizedSet<Input, Output> {
  readonly #words: number[];
  #hash = 0;
  #completed = 0;

  constructor(words: number) {
    this.#words = Array.from({ length: words }, () => 0);
  }

  /** For each chain of completed operations the parity of their number, then a bit for each pending operation. */
  get words(): readonly number[] {
    return this.#words;
  }

  /** The exclusive or of the hashes of its operations. */
  get hash(): number {
    return this.#hash;
  }

  /** How many completed operations it has. */
  get completed(): number {
    return this.#completed;
  }

  has({ word, mask }: Choice<Input, Output>): boolean {
    return ((this.#words[word] ?? 0) & mask) !== 0;
  }

  add(choice: Choice<Input, Output>): void {
    this.#flip(choice);
    if (choice.kind !== 'pending') this.#completed += 1;
  }

  remove(choice: Choice<Input, Output>): void {
    this.#flip(choice);
    if (choice.kind !== 'pending') this.#completed -= 1;
  }

  #flip({ word, mask, hash }: Choice<Input, Output>): void {
    this.#words[word] = (this.#words[word] ?? 0) ^ mask;
    this.#hash ^= hash;
  }
}
