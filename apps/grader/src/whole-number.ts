// Digits and nothing else: a number on a command line is typed by hand, and half-understood input must not start a run.

/** Throws a RangeError that says what is valid. */
export function parseWholeNumber(text: string, { min, max }: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`It must be a whole number from ${min} to ${max}.`);
}
