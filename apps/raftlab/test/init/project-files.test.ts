// The files of a new folder, for a copy of raftlab with and without TypeScript beside it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestOf, tsconfigOf, type ProjectLocation } from '#src/init/project-files';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../modules.ts';

/** A project that has installed raftlab and these files, and a new folder in it. */
function installation(...files: readonly string[]): ProjectLocation {
  const project = temporaryFolder();
  for (const file of ['@raftlab/test-harness/dist/learner.d.ts', 'zod/index.d.ts', ...files]) {
    const path = join(project, 'node_modules', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  return { folder: join(project, 'my-raft'), packageFolder: join(project, 'node_modules/raftlab') };
}

test('paths lead from the folder to the packages that raftlab sees', () => {
  const location = installation('typescript/bin/tsc', '@types/node/package.json');
  expect(manifestOf({ folderName: 'My Raft', module: 'raft.ts', isRaft: true }, location)).toMatchObject({
    name: 'my-raft',
    scripts: {
      grade: 'node "../node_modules/raftlab/dist/main.js" grade --impl ./raft.ts',
      simulate: 'node "../node_modules/raftlab/dist/main.js" simulate --impl ./raft.ts',
      check: 'node "../node_modules/typescript/bin/tsc" -p .',
    },
    devDependencies: {},
  });
  expect(tsconfigOf(location)).toMatchObject({
    compilerOptions: {
      typeRoots: ['../node_modules/@types'],
      paths: {
        '@raftlab/test-harness/learner': ['../node_modules/@raftlab/test-harness/dist/learner.d.ts'],
        zod: ['../node_modules/zod/index.d.ts'],
      },
    },
  });
});

test('without TypeScript beside raftlab, the folder depends on it', () => {
  const { scripts, devDependencies } = manifestOf(
    { folderName: 'my-kv', module: 'kv.ts', isRaft: false },
    installation(),
  );
  expect(scripts.check).toBe('tsc -p .');
  expect(scripts.simulate).toBeUndefined();
  expect(Object.keys(devDependencies)).toEqual(['typescript', '@types/node']);
});

test('an installation that lacks a package is an error that names it', () => {
  const location = { folder: '/a/my-raft', packageFolder: temporaryFolder() };
  expect(() => tsconfigOf(location)).toThrow(
    /node_modules\/@raftlab\/test-harness\/dist\/learner\.d\.ts is missing/,
  );
});
