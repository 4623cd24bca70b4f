// Failures that no check of a test finds: an error that the harness throws or does not catch, or that ends a thread. It fails
// that test, and the others continue.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradeTest, lab3 } from '@raftlab/test-harness';
import { crashReport } from '#src/grade/crash-report';
import { gradeSafely } from '#src/grade/grade-safely';
import { StrayErrors } from '#src/grade/stray-errors';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { program } from '../command-line.ts';
import { temporaryFolder } from '../modules.ts';

const someTest = lab3.tests.find(({ id }) => id === 'TestBasicAgree3B');
if (someTest === undefined) throw new Error('TestBasicAgree3B is gone');

/** What a script of this folder prints, which is JSON. */
function printedBy(script: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [path, ...args], { encoding: 'utf8' }));
}

test('in virtual and in real time, an uncaught error of a test fails only that test', () => {
  const reports = [
    { id: 'TestQuiet3A', failure: null },
    {
      id: 'TestLoses3A',
      seed: 7,
      failure: { kind: 'RangeError', message: 'nobody waits for this' },
      lastEvent: { kind: 'failure', name: 'RangeError', message: 'nobody waits for this' },
    },
    { id: 'TestQuiet3A', failure: null },
  ];
  expect(printedBy('lost-rejection.mjs')).toMatchObject({ virtual: reports, real: reports });
});

test('an uncaught error in a rejection, and one in a timer, leave the pages of their runs', () => {
  const folder = temporaryFolder();
  const outputs = z.record(z.string(), z.string()).parse(printedBy('stray-page.mjs', folder));
  for (const how of ['rejection', 'timer']) {
    const file = join(folder, how, 'TestInitialElection3A-7.html');
    expect(outputs[how]).toContain('FAILED -- RangeError: nobody catches this\n');
    expect(outputs[how]).toContain(`      page    ${file}\n`);
    expect(existsSync(file)).toBe(true);
  }
});

test('an error that the harness throws fails the test', async () => {
  const options = { mode: 'virtual', seed: Number.NaN } as const;
  const strayErrors = new StrayErrors({ areTestsSideBySide: false });
  const report = await gradeSafely(someTest, options, strayErrors);
  expect(report.failure).toMatchObject({ kind: 'RangeError', message: expect.stringContaining('NaN') });
});

test('a thrown value need not be an Error, and equal errors have equal reports', () => {
  const report = crashReport({ id: 'TestX3A', mode: 'virtual', seed: 1 }, 'out of luck');
  expect(report.failure?.message).toBe('thrown: out of luck');
  expect(crashReport({ id: 'TestX3A', mode: 'virtual', seed: 1 }, 'out of luck')).toEqual(report);
});

test('grading safely does not change the result of a test, and leaves no handler behind', async () => {
  const handlersBefore = process.listenerCount('uncaughtException');
  const options = { mode: 'virtual', seed: 7 } as const;
  const safe = await gradeSafely(someTest, options, new StrayErrors({ areTestsSideBySide: false }));
  expect(safe.failure).toBeUndefined();
  expect(safe.traceHash).toBe((await gradeTest(someTest, options)).traceHash);
  expect(process.listenerCount('uncaughtException')).toBe(handlersBefore);
});

test.skipIf(!existsSync('/dev/full'))(
  'a standard output that takes nothing ends a grading with 2 and one line',
  () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const { status, stderr } = spawnSync(process.execPath, [program, 'grade', '3A'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    expect(stderr).toBe('error: standard output cannot be written: ENOSPC: no space left on device, write\n');
    expect(status).toBe(2);
  },
);
