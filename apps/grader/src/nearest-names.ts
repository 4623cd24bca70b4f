// What somebody may have meant who typed a name that does not exist.

/** A word counts as mistyped while at most this share of it is wrong. */
const mistypedShareMax = 0.4;
const nameCountMax = 4;

/** The names nearest to `word` by typing errors; those that contain it when none is near; a few at most. */
export function nearestNames(word: string, names: readonly string[]): readonly string[] {
  if (word === '') return [];
  const distances = names.map((name) => editDistance(word, name));
  const least = Math.min(...distances);
  if (least <= Math.max(1, word.length * mistypedShareMax)) {
    return names.filter((_, offset) => distances[offset] === least).slice(0, nameCountMax);
  }
  return names.filter((name) => name.includes(word)).slice(0, nameCountMax);
}

/** Characters to insert, drop or change to make `a` into `b` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, count) => count);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, at(row, j) + 1, at(next, j - 1) + 1));
    }
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], offset: number): number {
  return row[offset] ?? Infinity;
}
