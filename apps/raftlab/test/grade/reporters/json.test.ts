// The JSON document, through the command line: it matches its schema, and has the content of the lab's text.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradingReportSchema, type GradingReport } from 'raftlab/report';
import { expect, test } from 'vitest';
import { runGrade, spawnRaftlab } from '../../command-line.ts';
import { fixture, moduleWith, temporaryFolder } from '../../modules.ts';

function parse(text: string): GradingReport {
  return gradingReportSchema.parse(JSON.parse(text));
}

/** Without the fields that depend on the machine. */
function sameEverywhere({ tests, totals, ...report }: GradingReport): unknown {
  const times = { realMs: 0, cpuMs: 0 };
  return {
    ...report,
    tests: tests.map((record) => ({ ...record, times: { ...record.times, ...times } })),
    totals: { ...totals, ...times },
  };
}

test('standard output has only the document', async () => {
  const { code, out, error } = await runGrade('3A', '--seed', '1', '--runs', '2', '--reporter', 'json');
  expect(error).toBe('');
  expect(code).toBe(0);
  const report = parse(out);
  expect(report.command).toMatchObject({ mode: 'virtual', seed: 1, runs: 2, jobs: 1, storage: 'memory' });
  expect(report.tests.map(({ id, seed, outcome }) => `${id} ${seed} ${outcome}`)).toEqual([
    'TestInitialElection3A 1 passed',
    'TestReElection3A 1 passed',
    'TestManyElections3A 1 passed',
    'TestInitialElection3A 2 passed',
    'TestReElection3A 2 passed',
    'TestManyElections3A 2 passed',
  ]);
  expect(report.totals).toMatchObject({ passed: 6, failed: 0, isInterrupted: false, failures: [] });
});

test('a file has the same document with one job and with two, while the text stays on standard output', async () => {
  const folder = temporaryFolder();
  const files = ['one', 'two'].map((name) => join(folder, `${name}.json`));
  const [one, two] = await Promise.all(
    files.map((file, place) =>
      runGrade('3A', '--seed', '5', '--jobs', String(place + 1), '--reporter', `json=${file}`),
    ),
  );
  expect(one?.out).toContain('  ... Passed --');
  expect(two?.out).toContain('3 passed, 0 failed');
  const [first, second] = files.map((file) => parse(readFileSync(file, 'utf8')));
  if (first === undefined || second === undefined) throw new Error('a report is missing');
  expect(sameEverywhere({ ...second, command: first.command })).toEqual(sameEverywhere(first));
  expect(one?.out).toContain(`trace hash   ${first.totals.traceHash}`);
});

test('failures have message, place, events and replay; the totals group them by cause', async () => {
  const path = fixture('broken/never-answers.ts');
  const args = [
    'initialElection',
    '--seed',
    '3',
    '--runs',
    '2',
    '--impl',
    path,
    '--reporter',
    'json',
    '--no-trace',
  ];
  const { code, out } = await runGrade(...args);
  expect(code).toBe(1);
  const { tests, totals } = parse(out);
  expect(tests.map(({ failure }) => failure)).toMatchObject([
    {
      kind: 'TestFailure',
      message: expect.stringMatching(/^expected one leader, got none\n/),
      step: 'step 1, checkOneLeader',
      recentEvents: expect.arrayContaining([expect.stringContaining('RequestVote')]),
      replay: `npm run grade -- TestInitialElection3A --seed 3 --impl ${path}`,
    },
    { replay: `npm run grade -- TestInitialElection3A --seed 4 --impl ${path}` },
  ]);
  expect(totals.failures).toEqual([
    {
      id: 'TestInitialElection3A',
      cause: 'expected one leader, got none',
      count: 2,
      firstSeed: 3,
      replay: `npm run grade -- TestInitialElection3A --seed 3 --impl ${path}`,
    },
  ]);
});

test('what an implementation prints by itself goes to standard error', async () => {
  const reference = readFileSync(fixture('reference-raft.ts'), 'utf8');
  const talker = moduleWith(`console.log('loaded');\n${reference}`);
  const args = ['initialElection', '--seed', '1', '--impl', talker, '--reporter', 'json'];
  const { out, error } = await spawnRaftlab(['grade', ...args]);
  expect(parse(out).totals.passed).toBe(1);
  expect(error).toBe('loaded\n');
});

test('a failed test without a failure, or a passed one with one, is no report', async () => {
  const { out } = await runGrade('initialElection', '--seed', '1', '--reporter', 'json');
  const report = parse(out);
  const tests = report.tests.map((record) => ({ ...record, outcome: 'failed' }));
  expect(gradingReportSchema.safeParse({ ...report, tests }).success).toBe(false);
});

test('docs/reports.md shows the document (UPDATE_TRANSCRIPT=1 rewrites it)', async () => {
  const page = fileURLToPath(new URL('../../../../../docs/reports.md', import.meta.url));
  const example = /```sh\nnpm run grade -- ([^\n]*)\n```\n\n```json\n(.*?)```/s;
  const [, args = ''] = example.exec(readFileSync(page, 'utf8')) ?? [];
  const file = 'apps/raftlab/test/fixtures/broken/two-leaders.ts';
  const path = fixture('broken/two-leaders.ts');
  const { out } = await runGrade(...args.replace(file, path).split(' '));
  const text = out.replaceAll(path, file);
  if (process.env['UPDATE_TRANSCRIPT'] === '1') {
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(
        /(?<=```json\n).*?(?=```)/s,
        () => `${JSON.stringify(JSON.parse(text), null, 2)}\n`,
      ),
    );
  }
  const [, , shown = ''] = example.exec(readFileSync(page, 'utf8')) ?? [];
  expect(sameEverywhere(parse(shown))).toEqual(sameEverywhere(parse(text)));
});
