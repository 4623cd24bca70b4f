// Majorities.

export function majorityOf(serverCount: number): number {
  return Math.floor(serverCount / 2) + 1;
}

/** The highest value that a majority of the servers has reached, given the value (an index, a time) of each. */
export function quorumValue(values: readonly number[]): number {
  // Few values, asked for after every step: comparing each with each is quicker than sorting a copy.
  let highest = -Infinity;
  for (const candidate of values) {
    if (candidate > highest && countAtLeast(values, candidate) >= majorityOf(values.length))
      highest = candidate;
  }
  return highest;
}

function countAtLeast(values: readonly number[], least: number): number {
  let count = 0;
  for (const value of values) if (value >= least) count += 1;
  return count;
}
