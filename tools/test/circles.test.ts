// This repository has no import circles; and the check finds made-up ones.
import { describe, expect, test } from 'vitest';
import { checkFileCircles, checkPackageCircles } from '../src/circles.ts';
import { describeAll } from '../src/offence.ts';
import { readFiles, readRooms, type Room, type TextFile } from '../src/repository.ts';

const rooms = readRooms();

describe('this repository', () => {
  test('no file imports itself through other files', () => {
    const folders = [...rooms.flatMap(({ folder }) => [`${folder}/src`, `${folder}/test`]), 'tools'];
    const files = folders.flatMap((folder) => readFiles(['.ts', '.tsx', '.mjs'], folder));
    expect(files.length).toBeGreaterThan(200);
    expect(describeAll(checkFileCircles(files))).toEqual([]);
  });

  test('no package depends on itself through other packages', () => {
    expect(describeAll(checkPackageCircles(rooms))).toEqual([]);
  });
});

describe('a made-up circle', () => {
  const a = file('a.tsx', "import { b } from './deep/b.ts';");

  test.each([
    ['of static imports', "import { a } from '../a.tsx';"],
    ['of which one is a type import', "import type { A } from '../a.tsx';"],
    ['of which one is an import type', "export type B = import('../a.tsx').A;"],
    ['of which one is dynamic', "export const load = () => import('../a.tsx');"],
    ['of which one is a re-export', "export { a } from '../a.tsx';"],
  ])('%s is found', (_title, code) => {
    const [offence, ...more] = checkFileCircles([a, file('deep/b.ts', code)]);
    expect(offence?.found).toBe(
      'imports itself: packages/x/src/a.tsx → packages/x/src/deep/b.ts → packages/x/src/a.tsx',
    );
    expect(more).toEqual([]);
  });

  test('of three files is found, and a file outside of it is not reported', () => {
    const files = [
      file('outside.ts', "import './1.ts';"),
      file('1.ts', "import './2.ts';"),
      file('2.ts', "import './3.ts';"),
      file('3.ts', "import './1.ts';"),
    ];
    expect(checkFileCircles(files).map(({ place }) => place)).toEqual(['packages/x/src/1.ts']);
  });

  test('is not made by two paths to one file', () => {
    const files = [
      file('top.ts', "import './left.ts'; import './right.ts';"),
      file('left.ts', "import './bottom.ts';"),
      file('right.ts', "import './bottom.ts';"),
      file('bottom.ts', "import 'node:fs';"),
    ];
    expect(checkFileCircles(files)).toEqual([]);
  });

  test('of packages is found, even if it is closed by a dependency of tests', () => {
    const circle = [
      room('x', { dependencies: { '@raftlab/y': '*' } }),
      room('y', { devDependencies: { '@raftlab/x': '*' } }),
    ];
    expect(checkPackageCircles(circle).map(({ found }) => found)).toEqual([
      'depends on itself: @raftlab/x → @raftlab/y → @raftlab/x',
    ]);
    expect(checkPackageCircles([room('x', { dependencies: { '@raftlab/y': '*' } }), room('y', {})])).toEqual(
      [],
    );
  });
});

function file(path: string, text: string): TextFile {
  return { path: `packages/x/src/${path}`, text };
}

function room(name: string, manifest: Partial<Room['manifest']>): Room {
  return {
    name,
    folder: `packages/${name}`,
    manifest: { name: `@raftlab/${name}`, ...manifest },
    hasReadme: true,
  };
}
