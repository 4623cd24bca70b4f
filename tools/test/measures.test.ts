// The measures, applied to made-up sources; and the bounds of this repository, checked for every package.
import { describe, expect, test } from 'vitest';
import { measure, quantile } from '../measures/measure.mjs';
import { measurePackages } from '../measures/packages.mjs';

const maxFileLines = 400;
const maxFunctionLines = 70;

/** The minimum average number of assertions per function of the package. */
const leastAssertions = new Map([
  ['raft-core', 1],
  ['storage', 0.3],
  ['rpc', 0.3],
  ['tcp', 0.3],
  ['rsm', 0.3],
  ['kv', 0.3],
]);

describe('a made-up package', () => {
  const source = {
    path: 'packages/x/src/a.ts',
    text: [
      '/** Documented. */',
      'export function first(): void {',
      '  assert(true);',
      '}',
      '// Not JSDoc.',
      'export const second = (): number => 2;',
      'export class Third {',
      '  method(): void {}',
      '}',
    ].join('\n'),
  };
  const index = { path: 'packages/x/src/index.ts', text: "export { first, second } from './a.ts';\n" };

  test('has the exports of its entry points, documented or not', () => {
    const { exportCount, undocumented } = measure([source, index], [index.path]);
    expect(exportCount).toBe(2);
    expect(undocumented).toEqual(['packages/x/src/a.ts: second']);
  });

  test('has functions with their lengths, and assertions', () => {
    const { functions, assertionCount } = measure([source, index], [index.path]);
    expect(functions.map(({ name, lines }) => [name, lines])).toEqual([
      ['first', 3],
      ['second', 1],
      ['method', 1],
    ]);
    expect(assertionCount).toBe(1);
  });

  test('needs the file that its entry point names', () => {
    expect(() => measure([index], [index.path])).toThrow('packages/x/src/a.ts is not among the sources');
  });
});

test('a quantile is the value below which that share of the numbers is', () => {
  expect([quantile([3, 1, 2], 0.5), quantile([1, 2, 3, 4], 0.9), quantile([], 0.5)]).toEqual([2, 4, 0]);
});

describe('this repository', () => {
  const packages = measurePackages();
  const libraries = packages.filter(({ folder }) => folder.startsWith('packages/'));

  test.each(libraries.map(({ name, undocumented }) => [name, undocumented]))(
    'every name that %s exports has a doc comment',
    (_name, undocumented) => {
      expect(undocumented).toEqual([]);
    },
  );

  test('no file is longer than 400 lines, and no function than 70', () => {
    const files = packages.flatMap(({ fileLines }) => fileLines.filter(({ lines }) => lines > maxFileLines));
    const functions = packages.flatMap((each) =>
      each.functions.filter(({ lines }) => lines > maxFunctionLines),
    );
    expect(files).toEqual([]);
    // A function that returns the cases of a compliance suite is a list of data.
    const long = functions.filter(
      ({ path, name }) => !(path.includes('/compliance/') && name.endsWith('Cases')),
    );
    expect(long.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  test.each([...leastAssertions])('%s has at least %d assertions per function', (name, least) => {
    const found = packages.find((each) => each.name === name);
    const perFunction = (found?.assertionCount ?? 0) / (found?.functions.length ?? 1);
    expect(perFunction).toBeGreaterThanOrEqual(least);
  });
});
