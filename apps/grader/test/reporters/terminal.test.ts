// The whole command line on what it takes for a terminal, and with a reader that goes away.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradingReportSchema } from '@raftlab/grader/report';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../foreign/modules.ts';
import { FakeTerminal } from './fake-terminal.ts';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const asTerminal = ['--import', new URL('pretend-terminal.mjs', import.meta.url).href];
const env = { ...process.env, CI: '', NO_COLOR: '1', TERM: 'xterm' };
const clearLine = '\u{1b}[2K';

function exitCodeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

test('on a terminal the text is that of a pipe; the view came and went', async () => {
  const path = join(temporaryFolder(), 'screen');
  const screen = openSync(path, 'w');
  const child = spawn(process.execPath, [...asTerminal, main, '3A', '--seed', '1', '--jobs', '2'], {
    env,
    stdio: ['ignore', screen, screen],
  });
  expect(await exitCodeOf(child)).toBe(0);
  closeSync(screen);
  const written = readFileSync(path, 'utf8');
  expect(written).toContain(clearLine);
  expect(written).toMatch(/\d of 3 tests, 0 failed/);
  const shown = await new FakeTerminal(60, 30).show(written);
  expect(shown.slice(0, -1)).toEqual([
    'Test (3A): initial election ...',
    '  ... Passed --   3.0  3   36     322    0',
    'Test (3A): election after network failure ...',
    '  ... Passed --   4.5  3   74     481    0',
    'Test (3A): multiple elections ...',
    '  ... Passed --   5.4  7  432    2844    0',
    '',
    '3 passed, 0 failed',
    'virtual time 13.0 s',
    'seed         1',
    'trace hash   882effbd7c49961f',
  ]);
});

test('on a terminal too an interrupt ends with what there is, and with 130', async () => {
  const child = spawn(process.execPath, [...asTerminal, main, '3B', '--real', '--seed', '1'], { env });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.includes('Passed') && !child.killed) child.kill('SIGINT');
  });
  expect(await exitCodeOf(child)).toBe(130);
  expect(out).toContain('interrupted; so far:\n1 passed, 0 failed');
});

test('a reader that goes away ends the grading with 141; reports in files have what was done until then', async () => {
  const file = join(temporaryFolder(), 'grade.json');
  const args = [main, '--seed', '1', '--reporter', `json=${file}`];
  const child = spawn(process.execPath, args, { env });
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await exitCodeOf(child)).toBe(141);
  const { tests, totals } = gradingReportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(totals.isInterrupted).toBe(true);
  expect(totals.passed).toBe(tests.length);
  expect(tests.length).toBeLessThan(28);
});
