// The example of the README, as a program of its own on a cluster.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TestCluster } from './cluster.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, program = ''] = /```js\n([^`]*(?:`[^`]+`[^`]*)*?)```/.exec(readme) ?? [];

test('the example has at most 20 lines, and prints what it shows', async () => {
  expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  const promised = [...program.matchAll(/\/\/ => (.*)$/gm)].map(([, text]) => text);
  // Inside the package, where its imports resolve; ignored by git.
  const folder = fileURLToPath(new URL('../reports/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = `${folder}readme-${process.pid}.mjs`;
  writeFileSync(file, program);
  const servers = await TestCluster.start(3, { cluster: 'demo' });
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file, servers.endpoints]);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  } finally {
    await servers.close();
    rmSync(file);
  }
});
