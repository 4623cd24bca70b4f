// How much a check may cost.

/** What a check may cost at most. What is not given has its default. */
export interface CheckOptions {
  /** Calls of the model, over all partitions: a positive integer. The same number gives the same verdict on every machine. */
  readonly maxSteps?: number | undefined;
  /** A limit in real time beside it; verdicts then depend on the machine. */
  readonly timeLimit?: TimeLimit | undefined;
}

/** The checker reads no clock of its own. */
export interface TimeLimit {
  readonly maxMs: number;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** Seconds of work. */
export const defaultMaxSteps = 2_000_000;

/** Counts what was spent. */
export class Budget {
  readonly #maxSteps: number;
  readonly #isLate: () => boolean;
  #steps = 0;

  /** Throws a `RangeError` for limits that are none. */
  constructor({ maxSteps = defaultMaxSteps, timeLimit }: CheckOptions) {
    if (!(Number.isSafeInteger(maxSteps) && maxSteps > 0)) {
      throw new RangeError(
        `maxSteps is ${maxSteps}, in the options of checkHistory; give a positive integer.`,
      );
    }
    this.#maxSteps = maxSteps;
    if (timeLimit === undefined) {
      this.#isLate = () => false;
      return;
    }
    const { maxMs, now } = timeLimit;
    if (!(maxMs > 0)) {
      throw new RangeError(
        `timeLimit.maxMs is ${maxMs}, in the options of checkHistory; give a positive number.`,
      );
    }
    const end = now() + maxMs;
    this.#isLate = () => now() >= end;
  }

  get steps(): number {
    return this.#steps;
  }

  get stepsLeft(): number {
    return this.#maxSteps - this.#steps;
  }

  spend(steps: number): void {
    this.#steps += steps;
  }

  /** Which limit is reached, if one is. */
  spent(): 'steps' | 'time' | undefined {
    if (this.stepsLeft <= 0) return 'steps';
    return this.#isLate() ? 'time' : undefined;
  }
}
