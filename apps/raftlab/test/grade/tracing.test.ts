// Where traces are written, that failures always write one, and that a trace has the events of its run.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { traceFileSchema } from '@raftlab/trace';
import { gradingReportSchema } from 'raftlab/report';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';
import { moduleWith } from '../modules.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/broken/${name}.ts`, import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftlab-tracing-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('--trace', () => {
  test('writes the events as JSON that matches the schema', async () => {
    const file = join(folder, 'deep/run.json');
    const { code, out } = await runGrade('basicAgree', '--seed', '4', '--trace', file);
    expect(code).toBe(0);
    expect(out).toContain(`written      ${file}\n`);
    const trace = traceFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(trace).toMatchObject({
      title: 'TestBasicAgree3B: basic agreement',
      implementation: 'raftlab',
      seed: 4,
      mode: 'virtual',
      replay: 'npm run grade -- TestBasicAgree3B --seed 4',
      servers: 3,
      outcome: 'passed',
      droppedEvents: 0,
    });
    expect(trace.events.some(({ kind }) => kind === 'apply')).toBe(true);
  });

  test('writes a page, and for several tests or runs one each, with test and seed in its name', async () => {
    await runGrade('3A', '--seed', '4', '--runs', '2', '--jobs', '2', '--trace', join(folder, 'page.html'));
    const names = ['InitialElection', 'ManyElections', 'ReElection'];
    expect(readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      names.flatMap((name) => [4, 5].map((seed) => `page-Test${name}3A-${seed}.html`)),
    );
    const page = readFileSync(join(folder, 'page-TestReElection3A-5.html'), 'utf8');
    expect(page.startsWith('<!doctype html>')).toBe(true);
  });

  test('does not change the run', async () => {
    const hashOf = (out: string): string | undefined => /trace hash +(\w+)/.exec(out)?.[1];
    const without = await runGrade('backup', '--seed', '4');
    const traced = await runGrade('backup', '--seed', '4', '--trace', join(folder, 'page.html'));
    expect(hashOf(traced.out)).toBe(hashOf(without.out));
  });

  test('works in real time too', async () => {
    const file = join(folder, 'real.json');
    const { code } = await runGrade('initialElection', '--real', '--trace', file);
    expect(code).toBe(0);
    const { mode, events } = traceFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(mode).toBe('real');
    expect(events.at(-1)?.at).toBeGreaterThan(1000);
  });

  test.each(['page.txt', 'page'])('with the name %s is an invalid command', async (name) => {
    const { code, error } = await runGrade('3A', '--trace', join(folder, name));
    expect(code).toBe(2);
    expect(error).toContain('must end in .html or .json');
  });

  test('to a path that cannot be written is an error', async () => {
    const file = join(folder, 'page.html');
    await runGrade('initialElection', '--seed', '4', '--trace', file);
    const { code, error } = await runGrade(
      'initialElection',
      '--seed',
      '4',
      '--trace',
      join(file, 'under.html'),
    );
    expect(code).toBe(2);
    expect(error).toMatch(/the trace .*under\.html cannot be written: /);
  });
});

describe('a failed test', () => {
  const broken = (...more: readonly string[]): readonly string[] => [
    'initialElection',
    '--impl',
    fixture('never-answers'),
    '--trace-dir',
    folder,
    ...more,
  ];

  test('always writes a page, and reports its path', async () => {
    const { code, out } = await runGrade(...broken('--seed', '4'));
    expect(code).toBe(1);
    const file = join(folder, 'TestInitialElection3A-4.html');
    expect(out).toContain(`      page    ${file}\n`);
    expect(existsSync(file)).toBe(true);
  });

  test('of many runs: the first of each cause does', async () => {
    const { out } = await runGrade(...broken('--seed', '4', '--runs', '5', '--jobs', '2'));
    const file = join(folder, 'TestInitialElection3A-4.html');
    expect(out).toContain(`         page: ${file}\n`);
    expect(readdirSync(folder)).toEqual(['TestInitialElection3A-4.html']);
  });

  test('of many runs with different causes: twenty do, and the number of the others is reported', async () => {
    const letters = "[...String(random.int(0, 1e9))].map((digit) => 'abcdefghij'[digit]).join('')";
    const module = moduleWith(`export const make = ({ random }) => { throw new Error(${letters}); };`);
    const { out } = await runGrade(...broken('--seed', '4', '--runs', '23', '--impl', module));
    expect(out.match(/^ +page: /gm)).toHaveLength(20);
    expect(readdirSync(folder)).toHaveLength(20);
    expect(out).toContain('\n  3 causes have no page: a grading writes 20, and a replay writes its own\n');
  });

  test('is reported without a page if the page cannot be written, and no part of it is left', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, out } = await runGrade(...broken('--seed', '4', '--trace-dir', join(file, 'under')));
    expect(code).toBe(1);
    expect(out).toContain('FAILED -- expected one leader, got none');
    expect(out).toMatch(/ {6}page {4}none: the trace .* cannot be written: ENOTDIR/);
    expect(readdirSync(folder)).toEqual(['a-file']);
  });

  test('writes none with --no-trace', async () => {
    const { code, out } = await runGrade(...broken('--no-trace'));
    expect(code).toBe(1);
    expect(out).not.toContain('page');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('has its page in a report', async () => {
    const { out } = await runGrade(...broken('--seed', '4', '--reporter', 'json'));
    const report = gradingReportSchema.parse(JSON.parse(out));
    expect(report.tests[0]?.failure?.page).toBe(join(folder, 'TestInitialElection3A-4.html'));
  });

  test('that had to be stopped has no page, and the reason is reported', async () => {
    const args = ['basicAgree', '--impl', fixture('busy-loop'), '--trace-dir', folder, '--time-limit', '1'];
    const { out } = await runGrade(...args);
    expect(out).toContain('FAILED');
    expect(out).toContain('      page    none: the run was stopped from outside, and its record is lost\n');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a failure of a series that cannot be repeated with its seed, because the module keeps state between tests', () => {
  /** `make` of a module that counts the servers of all tests in its thread. */
  const counting = (body: string): string =>
    moduleWith(
      [
        `import { make as makeReference } from ${JSON.stringify(fixture('../reference-raft'))};`,
        'let servers = 0;',
        `export const make = (environment) => { servers += 1; ${body} return makeReference(environment); };`,
      ].join('\n'),
    );
  const failsAtFirst = "if (servers === 1) throw new Error('odd');";
  const single = ['initialElection', '--seed', '4', '--trace-dir'];
  const series = ['initialElection', '--seed', '4', '--runs', '2', '--trace-dir'];

  test.each([
    [failsAtFirst, 'passed'],
    [
      "throw new Error(servers === 1 ? 'odd' : 'even');",
      'failed with another cause: ImplementationFault: server N: make threw Error: even (raft.ts:3)',
    ],
    [
      "environment.clock.setTimer(200 + servers, () => environment.onError(new Error('odd')));",
      'failed after other events',
    ],
  ])('has no page, and the reason is reported: %s', async (body, instead) => {
    const { code, out } = await runGrade(...series, folder, '--impl', counting(body));
    expect(code).toBe(1);
    expect(out).toContain(
      `         page: none: the run cannot be repeated: with the same seed, the test ${instead}\n`,
    );
    expect(out).toContain('variables of the module');
    expect(readdirSync(folder)).not.toContain('TestInitialElection3A-4.html');
  });

  test('has the reason in a report too', async () => {
    const file = join(folder, 'report.json');
    const more = ['--reporter', 'lab', '--reporter', `json=${file}`];
    const { out } = await runGrade(...series, folder, ...more, '--impl', counting(failsAtFirst));
    const reason = 'the run cannot be repeated: with the same seed, the test passed';
    expect(out).toContain(`\n         page: none: ${reason}\n`);
    const { totals } = gradingReportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(totals.failures).toMatchObject([{ count: 1, noPage: expect.stringContaining(reason) }]);
    expect(totals.failures[0]?.page).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['report.json']);
  });

  test('has a page in a single run, which is recorded as it happens', async () => {
    const { out } = await runGrade(...single, folder, '--impl', counting(failsAtFirst));
    const file = join(folder, 'TestInitialElection3A-4.html');
    expect(out).toContain(`      page    ${file}\n`);
    expect(out).not.toContain('does not repeat');
    expect(existsSync(file)).toBe(true);
  });

  test('has a page with --trace, which records it as it happens', async () => {
    const file = join(folder, 'run.html');
    const { out } = await runGrade(...series, folder, '--trace', file, '--impl', counting(failsAtFirst));
    expect(out).toContain(`      page    ${join(folder, 'run-TestInitialElection3A-4.html')}\n`);
    expect(out).not.toContain('does not repeat');
  });
});
