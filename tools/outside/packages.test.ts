// Every package outside of the workspace: packed, installed from its tarball into an empty folder, type-checked there, and run.
// The packages are found automatically; a new one needs no change here.
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { examplesOf, installationOf } from '../src/docs.ts';
import { readRooms, readText, root } from '../src/repository.ts';
import { installEverything, succeed, type InstalledProject, type Outcome } from './installed-project.ts';

const rooms = readRooms().filter(({ manifest }) => manifest.private !== true);
const names = rooms.map(({ manifest }) => manifest.name);

let project: InstalledProject;
beforeAll(async () => {
  project = await installEverything();
});
afterAll(() => project.remove());

function tarballOf(name: string): string {
  const file = `${name.replace('@', '').replace('/', '-')}-`;
  const found = project.tarballs.find((path) => new RegExp(`^${file}\\d`).test(basename(path)));
  if (found === undefined) throw new Error(`there is no tarball of ${name}`);
  return found;
}

const manifestSchema = z.object({
  license: z.string(),
  exports: z.record(z.string(), z.record(z.string(), z.string())),
  dependencies: z.record(z.string(), z.string()).default({}),
});

function installedManifest(name: string): z.infer<typeof manifestSchema> {
  const file = join(project.folder, 'node_modules', name, 'package.json');
  return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

describe('each package', () => {
  test.each(names)('%s has its files, and no sources or development files', async (name) => {
    const { out } = await succeed(project.run(`tar -tzf "${tarballOf(name)}"`));
    const files = out
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''));
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
    const others = files.filter(
      (path) => !/^(dist|starter)\/|^(package\.json|README\.md|LICENSE)$/.test(path),
    );
    expect(others).toEqual([]);
    expect(files.filter((path) => path.endsWith('.tsbuildinfo'))).toEqual([]);
  });

  test.each(names)('%s has no fields that only the workspace understands', (name) => {
    const { exports, dependencies } = installedManifest(name);
    expect(JSON.stringify(exports)).not.toContain('src/');
    for (const [dependency, version] of Object.entries(dependencies)) {
      expect(version, dependency).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  test.concurrent.each(names)('%s passes publint', async (name) => {
    const { code, out, error } = await project.run(
      `node_modules/.bin/publint run --strict "${tarballOf(name)}"`,
    );
    expect(out + error).toContain('All good!');
    expect(code).toBe(0);
  });

  test.concurrent.each(names)('%s passes attw: every entry point has its types', async (name) => {
    const { code, out, error } = await project.run(
      `node_modules/.bin/attw --profile esm-only --no-color "${tarballOf(name)}"`,
    );
    expect(code, out + error).toBe(0);
  });
});

describe('in a program', () => {
  const consumer = join(root, 'tools/outside/consumer');

  test.each([
    ['node16', 'node16'],
    ['preserve', 'bundler'],
  ])(
    'every entry point and a small peer type-check with module %s and moduleResolution %s',
    async (module, resolution) => {
      const folder = join(project.folder, resolution);
      cpSync(consumer, folder, { recursive: true });
      const entryPoints = names.flatMap((name) => {
        return Object.keys(installedManifest(name).exports).map((path) => `${name}${path.slice(1)}`);
      });
      expect(entryPoints.length).toBeGreaterThanOrEqual(names.length);
      const imports = entryPoints.map((entryPoint, n) => `export * as entry${n} from '${entryPoint}';\n`);
      writeFileSync(join(folder, 'every-entry-point.ts'), imports.join(''));
      const compilerOptions = {
        module,
        moduleResolution: resolution,
        target: 'es2023',
        strict: true,
        exactOptionalPropertyTypes: true,
        // The declarations of the packages are checked too.
        skipLibCheck: false,
        types: ['node'],
        noEmit: true,
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      const { code, out } = await project.run('npx tsc -p .', resolution);
      expect(out).toBe('');
      expect(code).toBe(0);
    },
  );

  test('the small peer runs', async () => {
    const options = '--module node16 --target es2023 --types node --outDir compiled';
    await succeed(project.run(`npx tsc ${options} "${join(consumer, 'one-peer.ts')}" --ignoreConfig`));
    const { out } = await succeed(project.run('node compiled/one-peer.js'));
    expect(out).toBe('leads term 1\napplied 1: HELLO\n');
  });

  const examples = rooms.flatMap(({ folder, manifest: { name } }) =>
    examplesOf(readText(`${folder}/README.md`)).map(({ code, promised }) => ({ name, code, promised })),
  );

  test.each(examples)('the example of $name has the output in its README', async ({ code, promised }) => {
    writeFileSync(join(project.folder, 'example.mjs'), code);
    const { out } = await succeed(project.run('node example.mjs'));
    expect(out.trimEnd().split('\n')).toEqual(promised);
  });
});

describe('the command line', () => {
  /** The commands in README.md for an installed package, by their first words. */
  const documented = installationOf(readText('README.md'));

  function replayIn({ out }: Outcome): string {
    const replay = /^ {6}replay {2}(.*)$/m.exec(out)?.[1];
    if (replay === undefined) throw new Error(`there is no replay in\n${out}`);
    return replay;
  }

  function hashIn({ out }: Outcome): string | undefined {
    return /^trace hash +(\w+)$/m.exec(out)?.[1];
  }

  test('the commands of README.md run, in their order', async () => {
    expect(documented).toEqual([
      'npx raftlab grade 3A',
      'npx raftlab init my-raft',
      'npx raftlab simulate --runs 20',
    ]);
    const [grade = '', init = '', simulate = ''] = documented;
    expect((await succeed(project.run(grade))).out).toContain('3 passed, 0 failed');
    expect((await succeed(project.run(init))).out).toContain('npm run grade -- 3A');
    expect((await succeed(project.run(simulate))).out).toContain('20 runs passed, 0 failed');
  });

  test('a folder of init grades by npm run grade, and the command that it prints repeats the failure', async () => {
    await succeed(project.run('npx raftlab init first'));
    const failed = await project.run('npm run grade -- initialElection', 'first');
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('expected one leader, got none');
    const replay = replayIn(failed);
    expect(replay).toMatch(/^npm run grade -- TestInitialElection3A --seed \d+ --impl \.\/raft\.ts$/);
    const repeated = await project.run(replay, 'first');
    expect(repeated.code).toBe(1);
    expect(hashIn(repeated)).toBe(hashIn(failed));
    expect(hashIn(failed)).toBeDefined();
  });

  test('a folder of init type-checks, and accepts a Raft that passes', async () => {
    await succeed(project.run('npx raftlab init second'));
    await succeed(project.run('npm run check', 'second'));
    const reference = join(root, 'apps/raftlab/test/fixtures/reference-raft.ts');
    copyFileSync(reference, join(project.folder, 'second/raft.ts'));
    await succeed(project.run('npm run check', 'second'));
    const { out } = await succeed(project.run('npm run grade -- 3A --seed 1', 'second'));
    expect(out).toContain('3 passed, 0 failed');
  });

  test('of a failure in the project itself, the printed command repeats it, and its page is there', async () => {
    await succeed(project.run('npx raftlab init third'));
    const failed = await project.run('npx raftlab grade initialElection --seed 7 --impl third/raft.ts');
    expect(failed.code).toBe(1);
    const replay = replayIn(failed);
    expect(replay).toBe('npx raftlab grade TestInitialElection3A --seed 7 --impl third/raft.ts');
    expect(hashIn(await project.run(replay))).toBe(hashIn(failed));
    const page = /^ {6}page {4}(.*)$/m.exec(failed.out)?.[1] ?? '';
    expect(existsSync(join(project.folder, page))).toBe(true);
  });

  test('a failing service is shrunk, and the printed command replays it', async () => {
    const service = join(root, 'apps/raftlab/test/fixtures/services/bank.ts');
    copyFileSync(service, join(project.folder, 'bank.ts'));
    const { code, out } = await project.run('npx raftlab simulate --seed 27 --runs 1 --service bank.ts');
    expect(code).toBe(1);
    const replay = /^ {2}shrunk .*: (npx raftlab simulate --replay .*)$/m.exec(out)?.[1];
    expect(replay).toBe('npx raftlab simulate --replay failing-runs/seed-27.json --service bank.ts');
    const replayed = await project.run(replay ?? '');
    expect(replayed.out).toContain('Services agree, at ');
    expect(replayed.code).toBe(1);
  });

  test('explores', async () => {
    const { out } = await succeed(project.run('npx raftlab explore --terms 1 --entries 1'));
    expect(out).toContain('every state within the bounds was visited; no property was violated');
  });

  test('exits with 2 for an invalid command', async () => {
    const { code, error } = await project.run('npx raftlab grade bakup');
    expect(error).toContain('Did you mean TestBackup3B?');
    expect(code).toBe(2);
  });
});
