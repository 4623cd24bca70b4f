// The layers of ARCHITECTURE.md compared with the real imports; and the checks applied to made-up violations.
import { describe, expect, test } from 'vitest';
import { checkDependencies, checkImports, checkTable, parseLayerTable } from '../src/layers.ts';
import { describeAll, type Offence } from '../src/offence.ts';
import { readFiles, readRooms, readText, type Room } from '../src/repository.ts';

describe('this repository', () => {
  const table = parseLayerTable(readText('ARCHITECTURE.md'));
  const rooms = readRooms();

  test('the layer table lists every package, and only allows lower layers', () => {
    expect(describeAll(checkTable(table, rooms))).toEqual([]);
  });

  test('packages depend only on packages that the layer table allows', () => {
    expect(describeAll(checkDependencies(table, rooms))).toEqual([]);
  });

  test('sources import only what the layer table allows, by package name, and only exports', () => {
    const sources = rooms.flatMap(({ folder }) => readFiles(['.ts', '.tsx'], `${folder}/src`));
    expect(sources.length).toBeGreaterThan(50);
    expect(describeAll(checkImports(table, rooms, sources))).toEqual([]);
  });
});

describe('a made-up violation', () => {
  const markdown = `
| layer | room | holds | may import | libraries |
| --- | --- | --- | --- | --- |
| 0 | \`bottom\` | … | nothing | \`zod\` |
| 1 | \`middle\` | … | \`bottom\` | none |
| 1 | \`beside\` | … | \`bottom\` | none |
| 2 | \`top\` | … | \`middle\`, \`bottom\` | none |
`;
  const table = parseLayerTable(markdown);
  const bottom = room('bottom', ['zod']);
  const middle = room('middle', ['@raftlab/bottom']);
  const beside = room('beside', ['@raftlab/bottom']);
  const top = room('top', ['@raftlab/middle']);
  const rooms = [bottom, middle, beside, top];

  function imports(from: Room, code: string, path = 'src/deep/file.ts'): string[] {
    return rulesOf(checkImports(table, rooms, [{ path: `${from.folder}/${path}`, text: code }]));
  }

  test('what the table allows passes', () => {
    expect(checkTable(table, rooms)).toEqual([]);
    expect(checkDependencies(table, rooms)).toEqual([]);
    expect(imports(middle, "import { a } from '@raftlab/bottom';")).toEqual([]);
    expect(imports(middle, "import { a } from '@raftlab/bottom/extra';")).toEqual([]);
    expect(imports(middle, "export * from '../sibling.ts'; import 'node:fs';")).toEqual([]);
    expect(imports(bottom, "import { z } from 'zod';")).toEqual([]);
    expect(
      imports(bottom, "// import '@raftlab/top'\nexport const text = \"import '@raftlab/top'\";"),
    ).toEqual([]);
  });

  test.each([
    ['an upward import', "import { a } from '@raftlab/top';"],
    ['an upward type import', "import type { A } from '@raftlab/top';"],
    ['an import from the same layer', "import { a } from '@raftlab/beside';"],
    ['a re-export from a higher layer', "export * from '@raftlab/top';"],
    ['a dynamic import', "const a = await import('@raftlab/top');"],
    ['an import type', "export type A = import('@raftlab/top').A;"],
    ['a library that the table does not name', "import { z } from 'zod';"],
  ])('%s is found', (_title, code) => {
    expect(imports(middle, code)).toEqual([
      expect.stringMatching(/^middle \(layer 1\) imports only packages/),
    ]);
  });

  test('an import that package.json does not declare is found', () => {
    expect(imports(top, "import { a } from '@raftlab/bottom';")).toEqual([
      'imports are declared in package.json.',
    ]);
  });

  test('a deep import is found', () => {
    const rules = imports(middle, "import { a } from '@raftlab/bottom/src/internal.ts';");
    expect(rules).toEqual(['only the exports of a package can be imported.']);
  });

  test.each(["import '../../../bottom/src/index.ts';", "import '../../test/set-up.ts';"])(
    'a relative import that leaves the package is found: %s',
    (code) => {
      expect(imports(middle, code)).toEqual(['a relative import must not leave its package.']);
    },
  );

  test('an import of its own by #src is found', () => {
    expect(imports(middle, "import '#src/a';")).toEqual([expect.stringContaining('#src is for tests')]);
  });

  test('a dependency that the table does not name is found', () => {
    const offences = checkDependencies(table, [room('middle', ['@raftlab/top', 'left-pad'])]);
    expect(offences.map(({ found }) => found)).toEqual(['depends on @raftlab/top', 'depends on left-pad']);
  });

  test('a package without a row and a row without a package are found', () => {
    const found = checkTable(table, [bottom, middle, top, room('new', [])]).map((offence) => offence.found);
    expect(found).toEqual(['has 0 rows in the table', 'there is no such package']);
  });

  test('a table that allows a higher, the same or an unknown layer is found', () => {
    const wrong = markdown.replace('| nothing |', '| `top`, `bottom`, `attic` |');
    expect(checkTable(parseLayerTable(wrong), rooms).map(({ found }) => found)).toEqual([
      'may import top, which is in layer 2',
      'may import bottom, which is in layer 0',
      'may import attic, which is not in the table',
    ]);
  });

  test('a document without a layer table is an error', () => {
    expect(() => parseLayerTable('| layer | room |\n| --- | --- |')).toThrow(/no layer table/);
  });
});

function rulesOf(offences: readonly Offence[]): string[] {
  return offences.map(({ rule }) => rule);
}

function room(name: string, dependencies: readonly string[]): Room {
  const exports = { '.': { default: './dist/index.js' }, './extra': { default: './dist/extra.js' } };
  return {
    name,
    folder: `packages/${name}`,
    manifest: {
      name: `@raftlab/${name}`,
      exports,
      dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
    },
    hasReadme: true,
  };
}
