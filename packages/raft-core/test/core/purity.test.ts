// No source of this package waits: state that was read before an `await` may have changed after it.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('no source file contains await or async', () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const code = readFileSync(`${src}/${file}`, 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
    expect([file, /\bawait\b|\basync\b/.exec(code)?.[0]]).toEqual([file, undefined]);
  }
});
