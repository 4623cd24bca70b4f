// Binary search.

/** The first number in [0, count) for which `holds` is true; `count` when there is none. It must be true for all later ones. */
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

/** The offset of a number in an ascending list. -1 when the list does not contain it. */
export function offsetOf(sorted: readonly number[], wanted: number): number {
  const offset = firstWhere(sorted.length, (n) => (sorted[n] ?? 0) >= wanted);
  return sorted[offset] === wanted ? offset : -1;
}
