// The built command line on a newer Node than the one that runs the tests: its output is the same, including trace hashes.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../src/repository.ts';

/** NEWER_NODE=26.10.0 selects another one. npm has the binaries of Node as packages, one per platform. */
const version = process.env['NEWER_NODE'] ?? '24.21.0';
const packageName = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const prefix = join(root, `.tools/node-${version}`);
const newerNode = join(prefix, 'node_modules', packageName, 'bin/node');

beforeAll(async () => {
  if (existsSync(newerNode)) return;
  mkdirSync(prefix, { recursive: true });
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--prefix', prefix, ...flags, `${packageName}@${version}`]);
});

test('it is the requested Node, and not the one that runs the tests', async () => {
  expect((await run(newerNode, ['--version'])).trim()).toBe(`v${version}`);
  expect(process.version).not.toBe(`v${version}`);
});

test.each([
  ['grade 3A 3B 3C 3D rsm --seed 1', 'trace hash '],
  ['grade 3A 3B --seed 7 --impl apps/raftlab/test/fixtures/reference-raft.ts', 'trace hash '],
  ['simulate --seed 1 --runs 10', '10 runs passed'],
  ['explore --terms 1 --entries 1', 'no property was violated'],
])('raftlab %s has the same output', async (command, expected) => {
  const args = [join(root, 'apps/raftlab/dist/main.js'), ...command.split(' ')];
  const [here, there] = [await run(process.execPath, args), await run(newerNode, args)];
  expect(withoutTime(there)).toBe(withoutTime(here));
  expect(here).toContain(expected);
});

function withoutTime(out: string): string {
  return out.replaceAll(/^(time .*|\d+ runs, .* virtual, \d+ failed)\n/gm, '');
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd: root, encoding: 'utf8' }, (failure, out, error) => {
      if (failure === null) resolve(out);
      else reject(new Error(`${failure.message}\n${out}${error}`, { cause: failure }));
    });
  });
}
