// Binary search.

/** The first of 0 … count - 1 for which `holds`, which must go on holding from there; `count` when there is none. */
export function firstWhere(count: number, holds: (offset: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where in a list in ascending order the number stands; -1 where it does not. */
export function placeOf(sorted: readonly number[], wanted: number): number {
  const place = firstWhere(sorted.length, (n) => (sorted[n] ?? 0) >= wanted);
  return sorted[place] === wanted ? place : -1;
}
