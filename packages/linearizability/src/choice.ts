// The operations of one partition, as the search sees them: each with its bit in the set of linearized operations.
import { chainsOf } from './chains.ts';
import type { Interval } from './interval.ts';
import type { Model } from './model.ts';
import { scramble } from './scramble.ts';

/**
 * - `read`: has returned, and changes no state. It is linearized as soon as it is legal.
 * - `write`: has returned, so every linearization has it.
 * - `pending`: has not returned, so a linearization may do without it.
 */
export type ChoiceKind = 'read' | 'write' | 'pending';

/** An operation that the search can linearize next. */
export interface Choice<Input, Output> {
  readonly kind: ChoiceKind;
  readonly interval: Interval<Input, Output>;
  /** Its place among the intervals of the partition. */
  readonly offset: number;
  /** Offset into the words of a set. */
  readonly word: number;
  /** Its bit in that word. */
  readonly mask: number;
  /** What it adds, by exclusive or, to the hash of a set (Zobrist hashing); 0 for pending operations. */
  readonly hash: number;
  /** Its neighbours among the completed operations that are not linearized yet; `Remaining` maintains them. */
  previous: Choice<Input, Output> | undefined;
  next: Choice<Input, Output> | undefined;
}

/** The choices of a partition, by position of the call. */
export interface Choices<Input, Output> {
  readonly completed: ReadonlyArray<Choice<Input, Output>>;
  /** Without reads: a read that never returned constrains nothing. */
  readonly pending: ReadonlyArray<Choice<Input, Output>>;
  /** How many words the bits of completed operations take. Those of pending ones follow. */
  readonly completedWords: number;
  readonly words: number;
  /** How many completed operations overlap at most. */
  readonly overlap: number;
}

const bitsPerWord = 32;

/** Completed operations of one chain share a bit; every pending operation has its own. */
export function choicesOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  intervals: ReadonlyArray<Interval<Input, Output>>,
): Choices<Input, Output> {
  const chains = chainsOf(intervals);
  const completedWords = wordsFor(chains.count);
  const completed: Array<Choice<Input, Output>> = [];
  const pending: Array<Choice<Input, Output>> = [];
  intervals.forEach((interval, offset) => {
    const { input, output } = interval.operation;
    const isRead = model.isReadOnly?.(input, output) ?? false;
    const chain = chains.of[offset];
    if (chain !== undefined) {
      const about = { bit: chain, hash: scramble(offset + 1) };
      completed.push(makeChoice(isRead ? 'read' : 'write', { interval, offset }, about));
    } else if (!isRead) {
      const about = { bit: completedWords * bitsPerWord + pending.length, hash: 0 };
      pending.push(makeChoice('pending', { interval, offset }, about));
    }
  });
  return {
    completed,
    pending,
    overlap: chains.count,
    completedWords,
    words: completedWords + wordsFor(pending.length),
  };
}

function wordsFor(bits: number): number {
  return Math.ceil(bits / bitsPerWord);
}

/** All choices are made here, with the same fields in the same order: the search reads little else. */
function makeChoice<Input, Output>(
  kind: ChoiceKind,
  { interval, offset }: Pick<Choice<Input, Output>, 'interval' | 'offset'>,
  { bit, hash }: { bit: number; hash: number },
): Choice<Input, Output> {
  const word = Math.floor(bit / bitsPerWord);
  const mask = 1 << (bit % bitsPerWord);
  return { kind, interval, offset, word, mask, hash, previous: undefined, next: undefined };
}
