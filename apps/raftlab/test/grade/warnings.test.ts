// Problems that do not fail a test are part of every report.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gradingReportSchema } from 'raftlab/report';
import { expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';
import { fixture, temporaryFolder } from '../modules.ts';

const warning = 'term changed even though there were no failures';
const path = fixture('broken/restless-term.ts');

test('a warning is printed below "Passed", and is in the JSON and JUnit reports', async () => {
  const files = ['grade.json', 'grade.xml'].map((name) => join(temporaryFolder(), name));
  const [json = '', junit = ''] = files;
  const reporters = ['--reporter', 'lab', '--reporter', `json=${json}`, '--reporter', `junit=${junit}`];
  const { code, out } = await runGrade('initialElection', '--seed', '1', '--impl', path, ...reporters);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`Passed -- .*\\n {6}warning: ${warning}\\n\\n1 passed, 0 failed`));
  const report = gradingReportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  expect(report.tests.map(({ outcome, warnings }) => ({ outcome, warnings }))).toEqual([
    { outcome: 'passed', warnings: [warning] },
  ]);
  expect(readFileSync(junit, 'utf8')).toContain(`<system-out>warning: ${warning}</system-out>`);
});

test('over several runs warnings are counted by cause', async () => {
  const { out } = await runGrade('initialElection', '--seed', '7', '--runs', '2', '--impl', path);
  expect(out).toContain(
    `warnings by cause:\n      2  TestInitialElection3A: ${warning}\n         seeds 7, 8; replay: npm run grade`,
  );
});
