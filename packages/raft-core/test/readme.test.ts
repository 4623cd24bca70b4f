// The example of README.md runs as it stands there, in a Node of its own, prints what its comments say, and ends.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const room = fileURLToPath(new URL('..', import.meta.url));

test('the example in README.md prints what it says it prints', () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(`${room}/README.md`, 'utf8')) ?? [];
  if (example === undefined) throw new Error('README.md has no ```ts block.');
  const promised = [...example.matchAll(/\/\/ => (.*)$/gm)].map(([, value]) => value);
  expect(promised.length).toBeGreaterThan(0);

  // Inside the package, where its imports resolve; ignored by git.
  mkdirSync(`${room}/reports`, { recursive: true });
  const file = `${room}/reports/readme-example-${process.pid}.mjs`;
  writeFileSync(file, example);
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 });
    expect(printed.trimEnd().split('\n')).toEqual(promised);
  } finally {
    rmSync(file);
  }
});
