// Majorities.

export function majorityOf(serverCount: number): number {
  return Math.floor(serverCount / 2) + 1;
}

/** The highest value that a majority of the servers has reached, given the value (an index, a time) of each. */
export function quorumValue(values: readonly number[]): number {
  // Without a comparator, sort would order numbers as text.
  const descending = values.toSorted((a, b) => b - a);
  return descending[majorityOf(descending.length) - 1] ?? 0;
}
