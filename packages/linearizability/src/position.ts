// Where a search is: which operations are linearized, and which can be next.
import type { Choice, Choices } from './choice.ts';
import type { Interval } from './interval.ts';
import { LinearizedSet } from './linearized-set.ts';
import { Remaining } from './remaining.ts';

/** The completed operations that can be next, in the order in which they are tried. */
export interface Candidates<Input, Output> {
  /** Reads first, then by call. */
  readonly choices: ReadonlyArray<Choice<Input, Output>>;
  /** The first remaining operation to return: what is called after that cannot be next. `undefined` when none remains. */
  readonly firstToReturn: Interval<Input, Output> | undefined;
}

/** Starts with nothing linearized. There is one position at a time for the choices of a partition. */
export class Position<Input, Output> {
  readonly choices: Choices<Input, Output>;
  readonly remaining: Remaining<Input, Output>;
  readonly set: LinearizedSet<Input, Output>;

  constructor(choices: Choices<Input, Output>) {
    this.choices = choices;
    this.remaining = new Remaining(choices.completed);
    this.set = new LinearizedSet(choices.words);
  }

  /** Whether all completed operations are linearized. */
  get isComplete(): boolean {
    return this.set.completed === this.choices.completed.length;
  }

  linearize(choice: Choice<Input, Output>): void {
    this.set.add(choice);
    if (choice.kind !== 'pending') this.remaining.lift(choice);
  }

  /** Takes back the last operation that was linearized. */
  takeBack(choice: Choice<Input, Output>): void {
    this.set.remove(choice);
    if (choice.kind !== 'pending') this.remaining.putBack(choice);
  }

  /** An operation can be next if no other that remains returned before its call. */
  candidates(): Candidates<Input, Output> {
    const choices: Array<Choice<Input, Output>> = [];
    let firstToReturn: Interval<Input, Output> | undefined;
    let barrier = Infinity;
    let end = this.remaining.first;
    for (; end !== undefined && end.interval.callPosition < barrier; end = end.next) {
      const { interval } = end;
      if (interval.returnPosition < barrier) {
        firstToReturn = interval;
        barrier = interval.returnPosition;
      }
      if (end.kind === 'read') choices.push(end);
    }
    for (let choice = this.remaining.first; choice !== end && choice !== undefined; choice = choice.next) {
      if (choice.kind === 'write') choices.push(choice);
    }
    return { choices, firstToReturn };
  }
}
