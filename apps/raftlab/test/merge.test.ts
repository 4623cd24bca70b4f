// A grading that is divided between machines, and merged again, is the grading of one machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runGrade, runRaftlab, runSimulate, withoutTime } from './command-line.ts';
import { fixture, temporaryFolder } from './modules.ts';

const series = ['initialElection', 'basicAgree', '--seed', '7', '--runs', '3'];

async function gradeShards(folder: string, count: number, ...more: readonly string[]): Promise<string[]> {
  const files = Array.from({ length: count }, (_, offset) => join(folder, `${offset + 1}.json`));
  for (const [offset, file] of files.entries()) {
    await runGrade(...series, ...more, '--shard', `${offset + 1}/${count}`, '--reporter', `json=${file}`);
  }
  return files;
}

const merge = (...args: readonly string[]): ReturnType<typeof runRaftlab> => runRaftlab(['merge', ...args]);

test.each([1, 2, 4, 7])(
  '%i shards run every test once, and merge into the report of the whole',
  async (count) => {
    const files = await gradeShards(temporaryFolder(), count);
    const whole = await runGrade(...series);
    const { code, out } = count === 1 ? whole : await merge(...files);
    expect(code).toBe(0);
    const totals = (text: string): string => withoutTime(text.slice(text.indexOf('\n\n')));
    expect(totals(out)).toBe(totals(whole.out));
  },
);

test('failures keep their commands and pages, and the exit status is 1', async () => {
  const folder = temporaryFolder();
  const impl = ['--impl', fixture('broken/never-answers.ts'), '--trace-dir', folder];
  const files = await gradeShards(folder, 2, ...impl);
  const { code, out } = await merge(...files, '--reporter', `junit=${join(folder, 'all.xml')}`);
  expect(code).toBe(1);
  expect(out).toContain('0 passed, 6 failed\n');
  expect(out).toContain(
    `replay: npm run grade -- TestInitialElection3A --seed 7 ${impl.slice(0, 2).join(' ')}\n`,
  );
  expect(out).toContain(`page: ${join(folder, 'TestInitialElection3A-7.html')}\n`);
  expect(readFileSync(join(folder, 'all.xml'), 'utf8').match(/<testcase /g)).toHaveLength(6);
});

test('reports that are not those of one grading are refused', async () => {
  const folder = temporaryFolder();
  const [one = '', two = ''] = await gradeShards(folder, 2);
  const other = join(folder, 'other.json');
  await runGrade('basicAgree', '--seed', '8', '--shard', '2/2', '--reporter', `json=${other}`);
  const whole = join(folder, 'whole.json');
  await runGrade('basicAgree', '--seed', '8', '--reporter', `json=${whole}`);
  const torn = join(folder, 'torn.json');
  writeFileSync(torn, readFileSync(one, 'utf8').slice(0, 300));
  const refusals = [
    [[one], 'the report of shard 2 of 2 is missing.'],
    [[one, two, two], `${two} and ${two} are both shard 2/2.`],
    [[one, other], `${other} and ${one} are not of one grading: they differ in their tests.`],
    [[whole], `${whole} is the report of a whole grading; merge takes those of grade --shard.`],
    [[torn], `${torn} cannot be read as a report: `],
    [[join(folder, 'none.json')], 'cannot be read as a report: ENOENT'],
  ] as const;
  for (const [files, message] of refusals) {
    const { code, error } = await merge(...files);
    expect(error).toContain(message);
    expect(code).toBe(2);
  }
});

test('shards of a simulation have seeds of their own', async () => {
  const args = ['--seed', '12', '--runs', '5', '--servers', '3', '--schedule', 'calm', '--shard'];
  const [first, second] = [await runSimulate(...args, '1/2'), await runSimulate(...args, '2/2')];
  expect(first.out).toContain('3 runs passed, 0 failed\n');
  expect(first.out).toContain('seed         12 to 16, shard 1/2\n');
  expect(second.out).toContain('2 runs passed, 0 failed\n');
  expect(second.out).toContain('seed         13 to 15, shard 2/2\n');
});

test.each([
  [['grade', '--shard', '0/2'], 'It must be <index>/<count>, such as 2/5'],
  [['grade', '--shard', '3/2'], 'It must be <index>/<count>, such as 2/5'],
  [['simulate', '--shard', 'half'], 'It must be <index>/<count>, such as 2/5'],
  [['grade', '--shard', '1/2'], '--shard divides the runs of one seed; give the same --seed to every shard.'],
  [
    ['simulate', '--shard', '1/2'],
    '--shard divides the runs of one seed; give the same --seed to every shard.',
  ],
])('%s is a wrong command', async (args, message) => {
  const { code, error } = await runRaftlab(args);
  expect(error).toContain(message);
  expect(code).toBe(2);
});
