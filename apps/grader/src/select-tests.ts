// Which tests a list of names means. Pure: names and tests in, tests out.
import type { GradedTest } from '@raftlab/test-harness';
import { nearestNames } from './nearest-names.ts';
import { shortName } from './short-name.ts';

/**
 * The tests that the selectors name, in the order of `tests`, each once; all of them when there is no selector. A selector
 * is a part or a test, in upper or lower case: its id, its name without `Test` or part, or a beginning of these that
 * fits one test only. Throws a RangeError that says what is valid.
 */
export function selectTests(
  selectors: readonly string[],
  tests: readonly GradedTest[],
): readonly GradedTest[] {
  if (selectors.length === 0) return tests;
  const selected = new Set(selectors.flatMap((selector) => selectBy(selector, tests)));
  return tests.filter((test) => selected.has(test));
}

function selectBy(selector: string, tests: readonly GradedTest[]): readonly GradedTest[] {
  const wanted = selector.toLowerCase();
  const ofPart = tests.filter((test) => test.part.toLowerCase() === wanted);
  if (ofPart.length > 0) return ofPart;

  const exact = tests.filter((test) => namesOf(test).includes(wanted));
  if (exact.length === 1) return exact;

  const beginning =
    wanted === '' ? [] : tests.filter((test) => namesOf(test).some((name) => name.startsWith(wanted)));
  if (beginning.length === 1) return beginning;
  if (beginning.length > 1) {
    throw new RangeError(
      `'${selector}' fits ${beginning.length} tests: ${beginning.map(({ id }) => id).join(', ')}.`,
    );
  }
  throw new RangeError(unknownName(selector, tests));
}

/** `testbackup3b`, `backup3b`, `backup`. */
function namesOf(test: GradedTest): string[] {
  const id = test.id.toLowerCase();
  const short = shortName(test).toLowerCase();
  return [id, `${short}${test.part.toLowerCase()}`, short];
}

function unknownName(selector: string, tests: readonly GradedTest[]): string {
  const parts = [...new Set(tests.map((test) => test.part))];
  const answers = new Map<string, string>(parts.map((part) => [part.toLowerCase(), part]));
  for (const test of tests) for (const name of namesOf(test)) answers.set(name, test.id);
  const near = new Set(
    nearestNames(selector.toLowerCase(), [...answers.keys()]).map((name) => answers.get(name)),
  );
  return [
    `There is no part or test '${selector}'.${near.size > 0 ? ` Did you mean ${[...near].join(' or ')}?` : ''}`,
    'Valid are these parts and tests, or any beginning of a name that fits one test only:',
    ...parts.map(
      (part) =>
        `  ${part}  ${tests
          .filter((test) => test.part === part)
          .map(shortName)
          .join(' ')}`,
    ),
  ].join('\n');
}
