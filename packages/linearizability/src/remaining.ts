// The completed operations that are not linearized yet, as a doubly linked list by position of the call: lifting one out and
// putting it back where it was takes a few assignments, as in the search of Wing and Gong ("Testing and Verifying Concurrent
// Objects", 1993).
import type { Choice } from './choice.ts';

/** Operations are put back in the reverse order of lifting. */
export class Remaining<Input, Output> {
  #first: Choice<Input, Output> | undefined;

  /** All of them, by position of the call. */
  constructor(completed: ReadonlyArray<Choice<Input, Output>>) {
    let previous: Choice<Input, Output> | undefined;
    for (const choice of completed) {
      choice.previous = previous;
      choice.next = undefined;
      this.putBack(choice);
      previous = choice;
    }
  }

  /** The first by position of the call. */
  get first(): Choice<Input, Output> | undefined {
    return this.#first;
  }

  lift({ previous, next }: Choice<Input, Output>): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
  }

  putBack(choice: Choice<Input, Output>): void {
    const { previous, next } = choice;
    if (previous === undefined) this.#first = choice;
    else previous.next = choice;
    if (next !== undefined) next.previous = choice;
  }
}
