// `grade init`, and its skeleton with a Raft that passes.
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runRaftlab } from '../command-line.ts';
import { fixture, temporaryFolder } from '../modules.ts';

/** Runs a script of the folder's package.json, as npm does. Rejects if it fails. */
function npmRun(folder: string, script: string, ...args: readonly string[]): Promise<{ stdout: string }> {
  return promisify(execFile)('npm', ['run', '--silent', script, '--', ...args], { cwd: folder });
}

test('a new folder type-checks and fails like a skeleton; with a complete Raft it passes', async () => {
  const folder = join(temporaryFolder(), 'a new', 'My Raft');
  const { code, out } = await runRaftlab(['init', folder]);
  expect(code).toBe(0);
  expect(out).toContain('npm run grade -- 3A');
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', 'package.json', 'raft.ts', 'tsconfig.json']);

  // Beside the skeleton, so that one check has the types of both.
  copyFileSync(fixture('reference-raft.ts'), join(folder, 'complete.ts'));
  await npmRun(folder, 'check');
  const failure = await npmRun(folder, 'grade', 'initialElection', '--seed', '1').catch(
    (error: unknown) => error,
  );
  const [, shown = ''] = /```text\n(.*?)```/s.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  expect(failure).toMatchObject({ code: 1, stdout: expect.stringContaining(shown) });

  copyFileSync(join(folder, 'complete.ts'), join(folder, 'raft.ts'));
  expect((await npmRun(folder, 'grade', '3A', '--seed', '1')).stdout).toContain('3 passed, 0 failed');
});

test('with --lab 4 the folder is the beginning of a key/value service: it type-checks, and fails like a skeleton', async () => {
  const folder = join(temporaryFolder(), 'my-kv');
  const { code, out } = await runRaftlab(['init', folder, '--lab', '4']);
  expect(code).toBe(0);
  expect(out).toContain('npm run grade -- speed4A --raft ours');
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', 'kv.ts', 'package.json', 'tsconfig.json']);

  for (const name of ['reference-kv.ts', 'reference-raft.ts'])
    copyFileSync(fixture(name), join(folder, name));
  await npmRun(folder, 'check');
  const failure = await npmRun(folder, 'grade', 'speed4A', '--raft', 'ours', '--no-trace').catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('test took longer than 120 seconds'),
  });

  copyFileSync(join(folder, 'reference-kv.ts'), join(folder, 'kv.ts'));
  const passed = await npmRun(folder, 'grade', 'onePartition', '--seed', '1');
  expect(passed.stdout).toContain('1 passed, 0 failed');
});

describe('init writes nothing, prints the reason, and exits with 2', () => {
  test('in a folder that is not empty', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'raft.ts'), 'precious');
    const { code, out, error } = await runRaftlab(['init', folder]);
    expect(error).toBe(`error: ${folder} is not empty, it has raft.ts; name a new folder.\n`);
    expect(out).toBe('');
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual(['raft.ts']);
    expect(readFileSync(join(folder, 'raft.ts'), 'utf8')).toBe('precious');
  });

  test('if the path is a file', async () => {
    const file = join(temporaryFolder(), 'raft');
    writeFileSync(file, 'precious');
    const { code, error } = await runRaftlab(['init', file]);
    expect(error).toContain(`${file} is a file`);
    expect(code).toBe(2);
  });

  test('if the folder cannot be created', async () => {
    const file = join(temporaryFolder(), 'raft');
    writeFileSync(file, 'precious');
    const { code, out, error } = await runRaftlab(['init', join(file, 'below')]);
    expect(error).toMatch(/^error: .*raft\/below cannot be made: ENOTDIR: .*\n$/);
    expect(out).toBe('');
    expect(code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  test('without a folder', async () => {
    const { code, error } = await runRaftlab(['init']);
    expect(error).toContain("missing required argument 'folder'");
    expect(code).toBe(2);
  });
});
