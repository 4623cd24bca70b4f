// The README of this room against the command: its transcript's form, and its options.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Figures move whenever our Raft does; the root README's transcript is compared to the last digit. */
function withoutFigures(text: string): string {
  return text.replace(/^trace hash .*$/m, 'trace hash').replaceAll(/ *\d+(\.\d+)?/g, ' N');
}

test('the transcript has the form of what the command prints', async () => {
  const transcript = /```text\n([\s\S]*?)```/.exec(readme)?.[1];
  const { out } = await runGrade('3A', '--seed', '1');
  expect(withoutFigures(transcript ?? '')).toBe(withoutFigures(out));
});

test('the table of options has those of --help', async () => {
  const options = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name).toSorted();
  const { out } = await runGrade('--help');
  const table = options(readme.slice(readme.indexOf('## Options of grade')), /^\|.*?`(--[a-z-]+).*$/gm);
  const fromHelp = options(out, /^ {2}(?:-\w, )?(--[a-z-]+)/gm);
  // --version and --help share a row.
  expect([...table, '--help'].toSorted()).toEqual(fromHelp);
});
