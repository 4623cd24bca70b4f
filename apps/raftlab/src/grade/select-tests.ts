// Resolves the words on the command line to tests.
import type { GradedTest } from '@raftlab/test-harness';
import { closestMatch } from 'leven';
import { CommandError } from '../command-error.ts';

/** A word that names no test, or more than one. The message lists the valid words. */
export class SelectionError extends CommandError {
  override readonly name: string = 'SelectionError';
}

/**
 * The tests that the words name, each once, in the order of `tests`; the defaults without words. A word is a part (3A) or a
 * test's name, with or without `Test` and part; a unique prefix is enough. A prefix of one of the defaults selects that one.
 * Case is ignored.
 */
export function selectTests(
  words: readonly string[],
  tests: readonly GradedTest[],
  defaults: readonly GradedTest[] = tests,
): readonly GradedTest[] {
  if (words.length === 0) return defaults;
  const chosen = new Set(words.flatMap((word) => testsFor(word, tests, defaults)));
  return tests.filter((test) => chosen.has(test));
}

function testsFor(
  word: string,
  tests: readonly GradedTest[],
  defaults: readonly GradedTest[],
): readonly GradedTest[] {
  const wanted = word.toLowerCase();
  const ofPart = tests.filter(({ part }) => part.toLowerCase() === wanted);
  if (ofPart.length > 0) return ofPart;
  const amongDefaults = byName(wanted, defaults);
  const byPrefix = amongDefaults.length > 0 ? amongDefaults : byName(wanted, tests);
  if (wanted.length > 0 && byPrefix.length === 1) return byPrefix;
  const parts = [...new Set(tests.map(({ part }) => part))].join(', ');
  if (wanted.length > 0 && byPrefix.length > 1) {
    throw new SelectionError(`'${word}' could be ${listIds(byPrefix)}. Write more of the name.`);
  }
  const near = nearest(wanted, tests);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new SelectionError(
    `There is no part or test '${word}'.${hint} Parts: ${parts}. Tests: ${listIds(tests)}.`,
  );
}

/** The one with this name, or all whose names begin with it. */
function byName(wanted: string, tests: readonly GradedTest[]): readonly GradedTest[] {
  const exact = tests.filter((test) => namesOf(test).includes(wanted));
  if (exact.length > 0) return exact;
  return tests.filter((test) => namesOf(test).some((name) => name.startsWith(wanted)));
}

/** The names of a test: its id, without `Test`, and without the part; with the prefix of its suite (`rsm.`) where it has one. */
function namesOf({ id }: GradedTest): string[] {
  const lower = id.toLowerCase();
  const short = lower.replace(/(^|\.)test/, '$1');
  return [lower, short, short.replace(/\d[a-z]$/, '')];
}

function listIds(tests: readonly GradedTest[]): string {
  return tests.map(({ id }) => id).join(', ');
}

/** The part or id that differs in at most a third of its letters, if there is one. */
function nearest(wanted: string, tests: readonly GradedTest[]): string | undefined {
  const shownByName = new Map(
    tests.flatMap((test) => [
      ...namesOf(test).map((name) => [name, test.id] as const),
      [test.part.toLowerCase(), test.part] as const,
    ]),
  );
  const name = closestMatch(wanted, [...shownByName.keys()], { maxDistance: Math.ceil(wanted.length / 3) });
  return name === undefined ? undefined : shownByName.get(name);
}
