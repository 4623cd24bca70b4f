// The documents compared with what they describe; and the checks applied to wrong documents.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultConfig } from '@raftlab/raft-core';
import { allInvariants } from '@raftlab/invariants';
import { lab3, lab4, rsm } from '@raftlab/test-harness';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  checkCommands,
  checkIdentifiers,
  checkLinks,
  checkPackageTable,
  examplesOf,
  renewTranscripts,
  transcriptsOf,
  withoutTime,
} from '../src/docs.ts';
import { findTable, quotedWords } from '../src/markdown.ts';
import { describeAll } from '../src/offence.ts';
import {
  exists,
  readFiles,
  readManifest,
  readRooms,
  readText,
  root,
  type TextFile,
} from '../src/repository.ts';

const rooms = readRooms();
const readme = document('README.md');

describe('this repository', () => {
  test('the package table of README.md matches the packages', () => {
    expect(describeAll(checkPackageTable(readme, rooms))).toEqual([]);
  });

  test('commands in the documents exist', () => {
    const tools = readManifest('tools/package.json');
    const world = {
      rootScripts: readManifest('package.json').scripts,
      manifests: new Map(
        [...rooms.map(({ manifest }) => manifest), tools].map((manifest) => [manifest.name, manifest]),
      ),
      exists,
    };
    const documents = readFiles(['.md']);
    expect(describeAll(documents.flatMap((file) => checkCommands(file, world)))).toEqual([]);
  });

  test('links in all documents have existing targets', () => {
    expect(describeAll(checkLinks(readFiles(['.md']), exists))).toEqual([]);
  });

  test('the glossary explains identifiers that exist', () => {
    const sources = rooms.flatMap(({ folder }) => readFiles(['.ts'], `${folder}/src`));
    expect(describeAll(checkIdentifiers(document('docs/glossary.md'), sources))).toEqual([]);
  });

  test('ARCHITECTURE.md lists the invariants that are checked', () => {
    const rows = findTable(readText('ARCHITECTURE.md'), ['property', 'what is checked']) ?? [];
    const watched = allInvariants().map(({ name }) => name);
    expect(rows.map(([property]) => property)).toEqual(watched);
  });

  test('docs/divergence.md has the numbers of the configuration', () => {
    const rows = findTable(readText('docs/divergence.md'), ['number', 'value', 'why']) ?? [];
    const config: Readonly<Record<string, unknown>> = { ...defaultConfig };
    expect(rows.length).toBeGreaterThan(0);
    for (const [name = '', value] of rows)
      expect(value, name).toBe(String(config[quotedWords(name)[0] ?? '']));
  });

  test('README.md has the number of graded tests', () => {
    expect(readme.text).toContain(`${lab3.tests.length} graded tests`);
  });

  test('docs/test-catalogue.md has an entry for each graded test, in their order and under their parts', () => {
    const headings = [...readText('docs/test-catalogue.md').matchAll(/^##(#?) ([\w.]+)/gm)];
    const parts = new Map<string, string>();
    let part = '';
    for (const [, isTest, word = ''] of headings) {
      if (isTest === '#') parts.set(word, part);
      else part = word;
    }
    const tests = [lab3, lab4, rsm].flatMap((suite) => suite.tests);
    expect([...parts]).toEqual(tests.map(({ id, part: of }) => [id, of]));
  });

  test('README.md shows the output of the grader (UPDATE_TRANSCRIPT=1 rewrites it)', () => {
    if (process.env['UPDATE_TRANSCRIPT'] === '1') {
      writeFileSync(join(root, readme.path), renewTranscripts(readme.text, grade));
    }
    const transcripts = transcriptsOf(readText(readme.path));
    expect(transcripts.length).toBeGreaterThan(0);
    for (const { args, output } of transcripts) expect(withoutTime(grade(args))).toBe(withoutTime(output));
  });

  const examples = rooms.flatMap(({ folder }) => {
    return examplesOf(readText(`${folder}/README.md`)).map((example) => ({ folder, ...example }));
  });

  test('every package has an example', () => {
    const folders = new Set(examples.map(({ folder }) => folder));
    for (const name of readdirSync(join(root, 'packages'))) expect(folders).toContain(`packages/${name}`);
  });

  let printed: readonly string[] = [];
  beforeAll(() => {
    printed = runExamples(examples);
  });

  test.each(examples.map((example, place) => ({ ...example, place })))(
    'the example in $folder has the output that it shows',
    ({ place, promised }) => expect(printed[place]?.trimEnd().split('\n')).toEqual(promised),
  );
});

/** What each example prints. They run in one process, since a package takes longer to load than its example to run. */
function runExamples(examples: readonly { folder: string; code: string }[]): string[] {
  const files = examples.map(({ folder, code }, place) => {
    // Inside the package, where its imports resolve; ignored by git.
    const reports = join(root, folder, 'reports');
    mkdirSync(reports, { recursive: true });
    const file = join(reports, `example-${process.pid}-${place}.mjs`);
    writeFileSync(file, code);
    return file;
  });
  try {
    const runner = join(root, 'tools/test/run-examples.mjs');
    const printed = execFileSync(process.execPath, [runner, ...files], { encoding: 'utf8', timeout: 50_000 });
    return z.array(z.string()).parse(JSON.parse(printed));
  } finally {
    for (const file of files) rmSync(file);
  }
}

/** The output of the grader, for any exit status. */
function grade(args: readonly string[]): string {
  return execFileSync(process.execPath, [join(root, 'apps/raftlab/dist/main.js'), 'grade', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function document(path: string): TextFile {
  return { path, text: readText(path) };
}

function markdown(text: string, path = 'docs/made-up.md'): TextFile {
  return { path, text };
}

describe('a made-up document', () => {
  const room = {
    name: 'x',
    folder: 'packages/x',
    manifest: { name: '@raftlab/x', description: 'What it is', scripts: { test: 'vitest' } },
    hasReadme: true,
  };
  const world = {
    rootScripts: { test: 'a', grade: 'b' },
    manifests: new Map([['@raftlab/x', room.manifest]]),
    exists: (path: string) =>
      ['docs', 'docs/here.md', 'docs/made-up.md', 'apps/raftlab/src/grade/command.ts'].includes(path),
  };

  test('a correct package table passes; a missing, a wrong and a superfluous row are found', () => {
    const head = '| package | what it is |\n| --- | --- |\n';
    const good = '| [`@raftlab/x`](packages/x) | What it is |\n';
    expect(checkPackageTable(markdown(head + good), [room])).toEqual([]);
    expect(checkPackageTable(markdown(head), [room])).toHaveLength(1);
    expect(checkPackageTable(markdown(head + good.replace('is |', 'was |')), [room])).toHaveLength(2);
    expect(checkPackageTable(markdown(head + good), [])).toHaveLength(1);
  });

  test.each([
    ['npm test', undefined],
    ['npm run grade -- 3A --seed 7   # with a seed', undefined],
    ['pnpm --filter @raftlab/x test', undefined],
    ['FLAG=1 pnpm exec turbo run test --filter=@raftlab/x', undefined],
    ['# only a comment', undefined],
    ['node docs/here.md', undefined],
    ['npm run deploy', 'there is no script "deploy" in package.json'],
    ['pnpm simulate', 'there is no script "simulate" in package.json'],
    ['pnpm --filter @raftlab/y test', 'there is no package @raftlab/y'],
    ['pnpm --filter @raftlab/x grade', 'there is no script "grade" in package.json of @raftlab/x'],
    ['node docs/gone.mjs', 'there is no file docs/gone.mjs'],
    ['npm install ../tarballs/*.tgz', undefined],
    ['npx raftlab grade 3A   # installed', undefined],
    ['npx raftlab fly', 'there is no command npx raftlab fly'],
    ['npx other grade', 'there is no command npx other grade'],
    ['yarn test', 'yarn is not a command of this repository'],
  ])('the command %s: %s', (command, problem) => {
    const found = checkCommands(markdown(`# A\n\n\`\`\`sh\n${command}\n\`\`\`\n`), world);
    expect(found.map((offence) => offence.found)).toEqual(problem === undefined ? [] : [problem]);
    expect(found.map(({ place }) => place)).toEqual(problem === undefined ? [] : ['docs/made-up.md:4']);
  });

  test.each([
    ['[a](here.md)', true],
    ['[a](../docs)', true],
    ['[a](#a-heading)', true],
    ['[a](https://example.org/x)', true],
    ['`[a](gone.md)`', true],
    ['[a](gone.md)', false],
    ['[a](#no-heading)', false],
    ['[a](here.md#no-heading)', false],
  ])('the link %s: %s', (link, isFine) => {
    const files = [markdown(`# A \`heading\`!\n\n${link}\n`), markdown('# Here', 'docs/here.md')];
    expect(checkLinks(files, world.exists)).toHaveLength(isFine ? 0 : 1);
  });

  test('an identifier that no source has is found', () => {
    const table = '| the paper | here | the lab |\n| --- | --- | --- |\n| x | `isHere`, `isGone` | y |\n';
    const found = checkIdentifiers(markdown(`# A\n\n## B\n\n${table}`), [
      markdown('const isHere = 1;', 'a.ts'),
    ]);
    expect(found.map((offence) => offence.found)).toEqual(['no source has the identifier isGone']);
  });

  test('a transcript is found, compared without its time, and renewed', () => {
    const text = '<!-- transcript: 3A --seed 1 -->\n\n```text\npassed\ntime 5 s\n```\n\nafter\n';
    const [transcript] = transcriptsOf(text);
    expect(transcript).toEqual({ args: ['3A', '--seed', '1'], output: 'passed\ntime 5 s\n' });
    expect(withoutTime(transcript?.output ?? '')).toBe(withoutTime('passed\ntime 6 s\n'));
    const renewed = renewTranscripts(text, (args) => `${args.join('+')}\n`);
    expect(renewed).toBe(text.replace('passed\ntime 5 s', '3A+--seed+1'));
  });

  test('an example is found with its expected output', () => {
    const text = '```ts\nconst a = 1;\n```\n\n```ts\nconsole.log(1); // => 1\nconsole.log(2); // => 2\n```\n';
    expect(examplesOf(text).map(({ promised }) => promised)).toEqual([['1', '2']]);
  });
});
