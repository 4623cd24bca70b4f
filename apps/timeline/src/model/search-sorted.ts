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
