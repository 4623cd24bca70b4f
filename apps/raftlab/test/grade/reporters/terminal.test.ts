// The whole command line on a simulated terminal, and with a reader that closes the pipe.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gradingReportSchema } from 'raftlab/report';
import { expect, test } from 'vitest';
import { program, runGrade, withoutTime } from '../../command-line.ts';
import { fixture, moduleWith, temporaryFolder } from '../../modules.ts';
import { FakeTerminal } from './fake-terminal.ts';

const asTerminal = ['--import', new URL('pretend-terminal.mjs', import.meta.url).href];
const env = { ...process.env, CI: '', NO_COLOR: '1', TERM: 'xterm' };
const clearLine = '\u{1b}[2K';

function exitCodeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

/** The content of the screen, which shows standard output and standard error. */
async function gradeOnScreen(...args: string[]): Promise<{ code: number | null; written: string }> {
  const path = join(temporaryFolder(), 'screen');
  const screen = openSync(path, 'a');
  const child = spawn(process.execPath, [...asTerminal, program, 'grade', ...args], {
    env,
    stdio: ['ignore', screen, screen],
  });
  const code = await exitCodeOf(child);
  closeSync(screen);
  return { code, written: readFileSync(path, 'utf8') };
}

test('on a terminal the text is the same as in a pipe; the view is drawn and removed', async () => {
  const { code, written } = await gradeOnScreen('3A', '--seed', '1', '--jobs', '2');
  expect(code).toBe(0);
  expect(written).toContain(clearLine);
  expect(written).toMatch(/\d of 3 tests, 0 failed/);
  const shown = await new FakeTerminal(60, 30).show(written);
  const inPipe = await runGrade('3A', '--seed', '1', '--jobs', '2');
  expect(withoutTime(shown.join('\n'))).toBe(withoutTime(inPipe.out).trimEnd());
});

test('on a terminal no output of an implementation is lost', async () => {
  const reference = readFileSync(fixture('reference-raft.ts'), 'utf8');
  const talks = `let calls = 0;\nconst talk = (): void => console.log('call ' + ++calls);\n`;
  const talker = moduleWith(talks + reference.replace(/(?<= getState\(\).*\{)$/m, ' talk();'));
  const { code, written } = await gradeOnScreen('initialElection', '--seed', '1', '--impl', talker);
  expect(code).toBe(0);
  const calls = [...written.matchAll(/call (\d+)\n/g)].map(([, count = '']) => `call ${count}`);
  expect(calls.length).toBeGreaterThan(1);
  expect(calls).toEqual(calls.map((_, place) => `call ${place + 1}`));
  const shown = await new FakeTerminal(60, 30).show(written);
  expect(shown.filter((line) => line.startsWith('call'))).toEqual(calls);
});

test('on a terminal an interrupt also ends with the results so far, and exit status 130', async () => {
  const child = spawn(process.execPath, [...asTerminal, program, 'grade', '3B', '--real', '--seed', '1'], {
    env,
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.includes('Passed') && !child.killed) child.kill('SIGINT');
  });
  expect(await exitCodeOf(child)).toBe(130);
  expect(out).toContain('interrupted; so far:\n1 passed, 0 failed');
});

test('when the reader closes the pipe, the grading ends with 141; reports in files have the results so far', async () => {
  const file = join(temporaryFolder(), 'grade.json');
  const args = [program, 'grade', '--seed', '1', '--reporter', `json=${file}`];
  const child = spawn(process.execPath, args, { env });
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await exitCodeOf(child)).toBe(141);
  const { tests, totals } = gradingReportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(totals.isInterrupted).toBe(true);
  expect(totals.passed).toBe(tests.length);
  expect(tests.length).toBeLessThan(28);
});
