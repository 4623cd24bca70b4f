// The README of this package compared with the command: the format of its transcript, and its options.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Figures change with our Raft; the transcript in the root README is compared exactly. */
function withoutFigures(text: string): string {
  // The CPU time is that of the process, which has run other tests before.
  return text
    .replace(/^trace hash .*$/m, 'trace hash')
    .replace(/^(time .*), CPU .*$/m, '$1')
    .replaceAll(/ *\d+(\.\d+)?/g, ' N');
}

test("the transcript has the format of the command's output", async () => {
  const transcript = /```text\n([\s\S]*?)```/.exec(readme)?.[1];
  const { out } = await runGrade('3A', '--seed', '1');
  expect(withoutFigures(transcript ?? '')).toBe(withoutFigures(out));
});

test('the table of options has the options of --help', async () => {
  const options = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name).toSorted();
  const { out } = await runGrade('--help');
  const table = options(readme.slice(readme.indexOf('## Options of grade')), /^\|.*?`(--[a-z-]+).*$/gm);
  const fromHelp = options(out, /^ {2}(?:-\w, )?(--[a-z-]+)/gm);
  // --version and --help share a row.
  expect([...table, '--help'].toSorted()).toEqual(fromHelp);
});
