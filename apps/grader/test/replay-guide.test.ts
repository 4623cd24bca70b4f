// docs/replay-and-shrink.md, typed in from top to bottom, in a folder of its own: what it shows is printed, in its order.
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './foreign/modules.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs: Readonly<Record<string, string>> = { grade: 'main.js', simulate: 'simulate/main.js' };

test('the commands of the guide print what it shows', () => {
  const text = readFileSync(join(root, 'docs/replay-and-shrink.md'), 'utf8');
  // The pages and files that the commands write stay out of the repository.
  const folder = temporaryFolder();
  symlinkSync(join(root, 'apps'), join(folder, 'apps'));
  const steps = [...text.matchAll(/```sh\n(.*?)\n```\n\n```text\n(.*?)```/gs)];
  expect(steps.length).toBe(4);
  for (const [, command = '', shown = ''] of steps) {
    const [, script = '', args = ''] = /^npm run (\w+) -- (.*)$/.exec(command) ?? [];
    const program = join(root, 'apps/grader/dist', programs[script] ?? '');
    const printed = execFileSync('bash', ['-c', `node ${program} ${args} || true`], {
      cwd: folder,
      encoding: 'utf8',
    });
    let rest = printed.split('\n');
    for (const line of shown.trimEnd().split('\n')) {
      if (line === '…') continue;
      const place = rest.findIndex((candidate) => isShown(candidate, line));
      expect(
        place,
        `${command}\nmust print, in its place:\n${line}\nbut prints:\n${rest.join('\n')}`,
      ).not.toBe(-1);
      rest = rest.slice(place + 1);
    }
  }
});

/** `…` inside a line stands for a part of it. */
function isShown(printed: string, line: string): boolean {
  const [before = '', after = ''] = line.split('…');
  return line.includes('…') ? printed.startsWith(before) && printed.endsWith(after) : printed === line;
}
