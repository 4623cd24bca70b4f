// Ctrl-C and a closed standard output end a simulation as they end a grading.
import { spawn, type ChildProcess } from 'node:child_process';
import { expect, test } from 'vitest';
import { program } from '../command-line.ts';

const asTerminal = ['--import', new URL('../grade/reporters/pretend-terminal.mjs', import.meta.url).href];
const { CI: _, ...outsideCi } = process.env;
const env = { ...outsideCi, TERM: 'xterm' };
const calm = ['--servers', '3', '--schedule', 'calm'];
/** Its first run is one of the shortest. */
const quick = [...calm, '--seed', '12'];
const endless = [...quick, '--minutes', '10'];
const hideCursor = '\u{1b}[?25l';
const showCursor = '\u{1b}[?25h';

function exitCodeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

test.each(['1', '2'])(
  'on a terminal an interrupt ends with the results so far, the cursor, and exit status 130; %s jobs',
  async (jobs) => {
    const child = spawn(process.execPath, [...asTerminal, program, 'simulate', ...endless, '--jobs', jobs], {
      env,
    });
    let out = '';
    let drawn = '';
    child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      drawn += chunk.toString();
      // Once: a second interrupt ends the process.
      if (/ [1-9]\d* runs, /.test(drawn) && !child.killed) child.kill('SIGINT');
    });
    expect(await exitCodeOf(child)).toBe(130);
    expect(out).toContain('\ninterrupted; so far:\n');
    expect(out).toMatch(/\n[1-9]\d* runs passed, 0 failed\n/);
    expect(drawn).toContain(hideCursor);
    expect(drawn.lastIndexOf(showCursor)).toBeGreaterThan(drawn.lastIndexOf(hideCursor));
  },
);

test('a reader that closes the pipe ends it with 141', async () => {
  const child = spawn(process.execPath, [program, 'simulate', ...calm, '--seed', '3', '--runs', '3'], {
    env,
  });
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await exitCodeOf(child)).toBe(141);
});

test('a terminal of no columns gets lines instead of a drawing', async () => {
  const narrow = `data:text/javascript,Object.assign(process.stdout, { isTTY: true, columns: 0 })`;
  const child = spawn(process.execPath, [
    ...asTerminal,
    '--import',
    narrow,
    program,
    'simulate',
    ...quick,
    '--runs',
    '1',
  ]);
  let drawn = '';
  child.stderr.on('data', (chunk: Buffer) => void (drawn += chunk.toString()));
  expect(await exitCodeOf(child)).toBe(0);
  expect(drawn).toBe('');
});
