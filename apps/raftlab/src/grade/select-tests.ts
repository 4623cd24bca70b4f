// From the words on the command line to the tests they mean.
import type { GradedTest } from '@raftlab/test-harness';

/** A word that names no test, or more than one. The message says what is valid. */
export class SelectionError extends Error {
  override readonly name: string = 'SelectionError';
}

/**
 * The tests that the words mean, each once, in the lab's order; all without words. A word is a part (3A) or a test's
 * name, with or without `Test` and part, of which a beginning is enough when it is the only one; capitals do not matter.
 */
export function selectTests(words: readonly string[], tests: readonly GradedTest[]): readonly GradedTest[] {
  if (words.length === 0) return tests;
  const chosen = new Set(words.flatMap((word) => testsFor(word, tests)));
  return tests.filter((test) => chosen.has(test));
}

function testsFor(word: string, tests: readonly GradedTest[]): readonly GradedTest[] {
  const wanted = word.toLowerCase();
  const ofPart = tests.filter(({ part }) => part.toLowerCase() === wanted);
  if (ofPart.length > 0) return ofPart;
  const exact = tests.filter((test) => namesOf(test).includes(wanted));
  if (exact.length > 0) return exact;
  const beginning = tests.filter((test) => namesOf(test).some((name) => name.startsWith(wanted)));
  if (wanted.length > 0 && beginning.length === 1) return beginning;
  const parts = [...new Set(tests.map(({ part }) => part))].join(', ');
  if (wanted.length > 0 && beginning.length > 1) {
    throw new SelectionError(`'${word}' could be ${listIds(beginning)}. Write more of the name.`);
  }
  const near = nearest(wanted, tests);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new SelectionError(
    `There is no part or test '${word}'.${hint} Parts: ${parts}. Tests: ${listIds(tests)}.`,
  );
}

/** What a test may be called: its id, without `Test`, and without the part. */
function namesOf({ id, part }: GradedTest): string[] {
  const lower = id.toLowerCase();
  const short = lower.replace(/^test/, '');
  return [lower, short, short.slice(0, -part.length)];
}

function listIds(tests: readonly GradedTest[]): string {
  return tests.map(({ id }) => id).join(', ');
}

/** The part or id that takes the fewest changes of a letter, if they are few for its length. */
function nearest(wanted: string, tests: readonly GradedTest[]): string | undefined {
  const names = tests.flatMap((test) => [
    ...namesOf(test).map((name) => ({ name, shown: test.id })),
    { name: test.part.toLowerCase(), shown: test.part },
  ]);
  let best: { shown: string; distance: number } | undefined;
  for (const { name, shown } of names) {
    const distance = editDistance(wanted, name);
    if (distance <= Math.ceil(name.length / 3) && (best === undefined || distance < best.distance)) {
      best = { shown, distance };
    }
  }
  return best?.shown;
}

/** Letters to insert, delete or replace to make one word the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of Array.from(a).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
