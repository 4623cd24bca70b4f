// The style rules, checked for every file and package; and each rule applied to a made-up violation.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeAll } from '../src/offence.ts';
import { readFiles, readJson, readManifest, readRooms, type Manifest, type Room } from '../src/repository.ts';
import { checkFiles, checkRoom, checkAmbientTypes, fileRules, type Exemption } from '../src/tidy.ts';

/** This list may only shrink. */
const exemptions: readonly Exemption[] = [];

describe('this repository', () => {
  test('files follow the rules', () => {
    const files = readFiles(['.ts', '.tsx', '.mjs']);
    expect(files.length).toBeGreaterThan(100);
    expect(describeAll(checkFiles(fileRules, files, exemptions))).toEqual([]);
  });

  test('packages follow the rules', () => {
    expect(describeAll(readRooms().flatMap(checkRoom))).toEqual([]);
  });

  test('tools is private, and follows the rules for such packages', () => {
    const manifest = readManifest('tools/package.json');
    expect(manifest.private).toBe(true);
    expect(describeAll(checkRoom({ ...room, folder: 'tools', manifest }))).toEqual([]);
  });

  test('raft-core has no ambient types', () => {
    const path = 'packages/raft-core/tsconfig.json';
    const schema = z.object({ compilerOptions: z.record(z.string(), z.unknown()) });
    const { compilerOptions } = readJson(path, schema);
    expect(describeAll(checkAmbientTypes(path, compilerOptions))).toEqual([]);
  });
});

/** The rules that a file at `path` breaks. */
function broken(path: string, text: string, list?: readonly Exemption[]): string[] {
  const offences = checkFiles(fileRules, [{ path, text }], list);
  return offences.map(({ rule }) => fileRules.find((known) => known.rule === rule)?.id ?? rule);
}

const source = 'packages/x/src/a-file.ts';
const testFile = 'packages/x/test/a-file.test.ts';

describe('made-up files', () => {
  test.each([
    ['time and randomness', source, '// a\nexport const now = Date.now();'],
    ['time and randomness', source, '// a\nexport const now = () => new Date();'],
    ['time and randomness', source, '// a\nexport const chance = Math.random();'],
    ['time and randomness', source, '// a\nexport const now = performance.now();'],
    ['time and randomness', source, '// a\nsetTimeout(() => {}, 1);'],
    ['time and randomness', source, '// a\nexport const later = setImmediate;'],
    ['time and randomness', source, '// a\nqueueMicrotask(() => {});'],
    ['time and randomness', source, '// a\nprocess.nextTick(() => {});'],
    ['time and randomness', source, '// a\nglobalThis.setTimeout(() => {}, 1);'],
    ['time and randomness', source, "// a\nimport { setTimeout as sleep } from 'node:timers/promises';"],
    ['time and randomness', source, '// a\nexport const clock = { Date };'],
    ['time and randomness', testFile, 'setTimeout(() => {}, 1);'],
    ['no focus, no skip', testFile, "test.only('a', () => {});"],
    ['no focus, no skip', testFile, "describe.skip('a', () => {});"],
    ['no focus, no skip', testFile, "it.todo('a');"],
    ['no focus, no skip', testFile, "test.skip.each([1])('a', () => {});"],
    ['no TODO comments', source, '// TODO: the rest\nexport const a = 1;'],
    ['no TODO comments', 'scripts/a.mjs', 'const a = 1; /* FIXME */'],
    ['no default exports', source, '// a\nexport default 1;'],
    ['no default exports', source, '// a\nconst a = 1;\nexport { a as default };'],
    ['kebab-case', 'packages/x/src/RaftLog.ts', '// a'],
    ['kebab-case', 'packages/x/src/raft_log/log.ts', '// a\nexport const a = 1;'],
    ['meaningful names', 'packages/x/src/utils/log.ts', '// a\nexport const a = 1;'],
    ['meaningful names', 'packages/x/test/test-helpers.ts', ''],
    ['meaningful names', 'packages/x/src/log-manager.ts', '// a\nexport const a = 1;'],
    ['opening comments', source, 'export const a = 1;'],
    ['opening comments', source, "import 'node:fs';\nexport const a = 1;\n// late\n"],
    ['index files only re-export', 'packages/x/src/index.ts', 'export const a = 1;'],
    ['index files only re-export', 'packages/x/src/b/index.ts', "import { a } from './a.ts';\nexport { a };"],
  ])('%s: %s, %j is found', (rule, path, text) => {
    expect(broken(path, text)).toContain(rule);
  });

  test.each([
    [source, '// What it is for.\nexport const a = 1;'],
    [source, "import 'node:fs';\n\n/** What it is for. */\nexport const a = 1;"],
    [source, '// Date.now() and setTimeout are only words here.\nexport const a = "Math.random() TODO";'],
    [
      source,
      '// a\nexport const a = (clock: { setTimeout: 1; Date: 2 }) => [clock.setTimeout, { performance: 1 }];',
    ],
    ['packages/runtime/src/system-clock.ts', '// a\nexport const now = () => performance.now();'],
    ['tools/bench/main.mjs', '// a\nperformance.now();'],
    ['packages/x/vitest.config.ts', 'export default {};'],
    ['packages/x/src/index.ts', "export * from './a.ts';\nexport type { B } from './b.ts';"],
    [testFile, "test('the only one that may skip', () => only.skip());"],
  ])('%s, %j follows the rules', (path, text) => {
    expect(broken(path, text)).toEqual([]);
  });

  test('an exempted file passes, and an exemption that is no longer needed is found', () => {
    const list = [{ rule: 'no default exports', path: source, reason: 'a test' }];
    expect(broken(source, '// a\nexport default 1;', list)).toEqual([]);
    expect(broken(source, '// a\nexport const a = 1;', list)).toEqual([
      'the list of exemptions only shrinks.',
    ]);
  });

  test('a finding has file and line, rule and remedy', () => {
    const [line] = describeAll(checkFiles(fileRules, [{ path: source, text: '// a\n\nDate.now();' }]));
    expect(line).toBe(
      'packages/x/src/a-file.ts:3: Date. Rule: time and randomness come from @raftlab/runtime, and only from there. ' +
        'Remedy: take a Clock or a Random as a parameter; in a test, make a VirtualClock or Random.fromSeed(…).',
    );
  });
});

const targets = { types: './dist/index.d.ts', default: './dist/index.js' };
const manifest: Manifest = {
  name: '@raftlab/x',
  description: 'What it is',
  license: 'MIT',
  engines: { node: '>=20.19' },
  exports: { '.': { '@raftlab/source': './src/index.ts', ...targets } },
  publishConfig: { access: 'public', exports: { '.': targets } },
};
const room: Room = { name: 'x', folder: 'packages/x', manifest, hasReadme: true };

describe('made-up packages', () => {
  test('a complete package passes', () => {
    expect(checkRoom(room)).toEqual([]);
  });

  test.each<[string, Partial<Room>]>([
    ['no README.md', { hasReadme: false }],
    ['no license', { manifest: { ...manifest, license: 'UNLICENSED' } }],
    ['no engines', { manifest: { ...manifest, engines: {} } }],
    ['no description', { manifest: { ...manifest, description: '' } }],
    ['no exports', { manifest: { ...manifest, exports: {} } }],
    ['exports["."] has types, default', { manifest: { ...manifest, exports: { '.': targets } } }],
    [
      'publishConfig.exports["."] does not repeat types and default',
      { manifest: { ...manifest, publishConfig: { access: 'public' } } },
    ],
    ['no publishConfig.access', { manifest: { ...manifest, publishConfig: { exports: { '.': targets } } } }],
  ])('one with %s is found', (found, change) => {
    expect(checkRoom({ ...room, ...change }).map((offence) => offence.found)).toEqual([found]);
  });

  test('ambient types in raft-core are found', () => {
    expect(checkAmbientTypes('tsconfig.json', { types: [] })).toEqual([]);
    expect(checkAmbientTypes('tsconfig.json', {})).toHaveLength(1);
    expect(checkAmbientTypes('tsconfig.json', { types: ['node'] })).toHaveLength(1);
    expect(checkAmbientTypes('tsconfig.json', { types: [], lib: ['es2023', 'DOM'] })).toHaveLength(1);
  });
});
