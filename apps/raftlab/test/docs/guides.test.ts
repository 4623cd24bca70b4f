// Runs the commands of the guides from top to bottom, in a folder of their own, and compares their output in order.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { typeIn } from '../command-line.ts';
import { temporaryFolder } from '../modules.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Keeps the pages and files that commands write out of the repository. */
function workingFolder(): string {
  const folder = temporaryFolder();
  symlinkSync(join(root, 'apps'), join(folder, 'apps'));
  return folder;
}

test('the commands of docs/replay-and-shrink.md have the output that it shows', async () => {
  const text = readFileSync(join(root, 'docs/replay-and-shrink.md'), 'utf8');
  const folder = workingFolder();
  const steps = [...text.matchAll(/```sh\n(.*?)\n```\n\n```text\n(.*?)```/gs)];
  expect(steps.length).toBe(4);
  for (const [, command = '', shown = ''] of steps) {
    let rest = (await typeIn(command, folder)).split('\n');
    for (const line of shown.trimEnd().split('\n')) {
      if (line === '…') continue;
      const offset = rest.findIndex((candidate) => isShown(candidate, line));
      const found = `${command}\nmust print, in its place:\n${line}\nbut prints:\n${rest.join('\n')}`;
      expect(offset, found).not.toBe(-1);
      rest = rest.slice(offset + 1);
    }
  }
});

test('the commands of docs/timeline.md write the files that they name', async () => {
  const text = readFileSync(join(root, 'docs/timeline.md'), 'utf8');
  const [, block = ''] = /```sh\n(.*?)\n```/s.exec(text) ?? [];
  const folder = workingFolder();
  const files: string[] = [];
  for (const command of block.split('\n')) {
    await typeIn(command, folder);
    files.push(/ --trace (\S+)/.exec(command)?.[1] ?? '');
  }
  expect(files).toEqual(['figure-8.html', 'figure-8.json']);
  for (const file of files) expect(existsSync(join(folder, file)), file).toBe(true);
});

/** `…` inside a line matches any text. */
function isShown(printed: string, line: string): boolean {
  const parts = line.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(printed);
}
