// The guides, typed in from top to bottom, in a folder of their own: what they show is printed, in its order.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { program } from '../command-line.ts';
import { temporaryFolder } from '../modules.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Pages and files that commands write stay out of the repository. */
function workingFolder(): string {
  const folder = temporaryFolder();
  symlinkSync(join(root, 'apps'), join(folder, 'apps'));
  return folder;
}

/** What a command of the documents prints, whatever its exit status. */
function typeIn(command: string, cwd: string): string {
  const [, script = '', args = ''] = /^npm run (\w+) -- (.*)$/.exec(command) ?? [];
  return execFileSync('bash', ['-c', `node ${program} ${script} ${args} || true`], { cwd, encoding: 'utf8' });
}

test('the commands of docs/replay-and-shrink.md print what it shows', () => {
  const text = readFileSync(join(root, 'docs/replay-and-shrink.md'), 'utf8');
  const folder = workingFolder();
  const steps = [...text.matchAll(/```sh\n(.*?)\n```\n\n```text\n(.*?)```/gs)];
  expect(steps.length).toBe(4);
  for (const [, command = '', shown = ''] of steps) {
    let rest = typeIn(command, folder).split('\n');
    for (const line of shown.trimEnd().split('\n')) {
      if (line === '…') continue;
      const place = rest.findIndex((candidate) => isShown(candidate, line));
      const found = `${command}\nmust print, in its place:\n${line}\nbut prints:\n${rest.join('\n')}`;
      expect(place, found).not.toBe(-1);
      rest = rest.slice(place + 1);
    }
  }
});

test('the commands of docs/timeline.md write what they name', () => {
  const text = readFileSync(join(root, 'docs/timeline.md'), 'utf8');
  const [, block = ''] = /```sh\n(.*?)\n```/s.exec(text) ?? [];
  const folder = workingFolder();
  const files = block.split('\n').map((command) => {
    typeIn(command, folder);
    return / --trace (\S+)/.exec(command)?.[1] ?? '';
  });
  expect(files).toEqual(['figure-8.html', 'figure-8.json']);
  for (const file of files) expect(existsSync(join(folder, file)), file).toBe(true);
});

/** `…` inside a line stands for a part of it. */
function isShown(printed: string, line: string): boolean {
  const [before = '', after = ''] = line.split('…');
  return line.includes('…') ? printed.startsWith(before) && printed.endsWith(after) : printed === line;
}
