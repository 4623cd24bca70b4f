// Implementations other than ours, graded through the command line: a correct one, and broken ones, each of which must have
// its own diagnosis.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runGrade, withoutTime } from '../../command-line.ts';
import { fixture, moduleWith } from '../../modules.ts';

describe('a correct Raft', () => {
  test('passes part 3A, and the same seed has the same result, in any thread', async () => {
    const command = ['3A', '--seed', '7', '--impl', fixture('reference-raft.ts')];
    const { code, out, error } = await runGrade(...command);
    expect(error).toBe('');
    expect(out).toContain('3 passed, 0 failed');
    expect(code).toBe(0);
    // The time for which killed servers are watched is in neither.
    const seconds = [...out.matchAll(/Passed -- +([\d.]+)/g)].map(([, each]) => Number(each));
    const [, total = ''] = /virtual time ([\d.]+) s/.exec(out) ?? [];
    expect(Math.abs(Number(total) - seconds.reduce((sum, each) => sum + each, 0))).toBeLessThan(0.2);
    const again = await runGrade(...command, '--jobs', '2');
    expect(withoutTime(again.out)).toBe(withoutTime(out));
  });

  test('passes part 3D', async () => {
    const { out } = await runGrade('3D', '--seed', '7', '--impl', fixture('reference-raft.ts'));
    expect(out).toContain('7 passed, 0 failed');
  });

  test('passes part 3B for several seeds', async () => {
    const { code, out } = await runGrade(
      '3B',
      '--seed',
      '1',
      '--runs',
      '2',
      '--impl',
      fixture('reference-raft.ts'),
    );
    expect(out).toContain('20 passed, 0 failed');
    expect(code).toBe(0);
  });

  test('passes part 3C', async () => {
    const tests = ['persist13C', 'persist23C', 'persist33C', 'figure83C', 'unreliableAgree', 'figure8U'];
    const { out } = await runGrade(...tests, '--seed', '1', '--impl', fixture('reference-raft.ts'));
    expect(out).toContain('6 passed, 0 failed');
  });

  test('is graded in real time too', async () => {
    const { code, out } = await runGrade('basicAgree', '--real', '--impl', fixture('reference-raft.ts'));
    expect(out).toContain('1 passed, 0 failed');
    expect(code).toBe(0);
  });
});

describe('CommonJS', () => {
  const reference = readFileSync(fixture('reference-raft.ts'), 'utf8');

  test('a dependency may call require for a module of Node', async () => {
    const path = moduleWith(`import { emitter } from './emitter.cjs';\n${reference}\nexport { emitter };`);
    const text = "const { EventEmitter } = require('events');\nexports.emitter = new EventEmitter();";
    writeFileSync(join(dirname(path), 'emitter.cjs'), text);
    const { code, error } = await runGrade('initialElection', '--seed', '1', '--impl', path);
    expect(error).toBe('');
    expect(code).toBe(0);
  });

  test('an implementation may be one', async () => {
    const path = moduleWith("exports.make = () => { throw new Error('not yet'); };", 'raft.cjs');
    const { code, out } = await runGrade('initialElection', '--seed', '1', '--no-trace', '--impl', path);
    expect(out).toContain('make threw Error: not yet (raft.cjs:1)');
    expect(code).toBe(1);
  });

  test('one without the export is rejected', async () => {
    const path = moduleWith('exports.raft = 1;', 'raft.cjs');
    const { code, error } = await runGrade('initialElection', '--impl', path);
    expect(error).toContain('the export "make" must be a function, got undefined');
    expect(code).toBe(2);
  });
});

describe('broken Rafts fail with a diagnosis of the cause', () => {
  test.each([
    [
      'throws-in-a-handler',
      'initialElection',
      /ImplementationFault: server \d: the handler of Raft\.RequestVote threw TypeError: .*'includes'.* \(throws-in-a-handler\.ts:1\d\)\n/,
      3,
    ],
    [
      'never-answers',
      'initialElection',
      /expected one leader, got none\n +server 0 has not answered Raft\.RequestVote since .*: its handler never returns\n/,
      3,
    ],
    [
      'busy-loop',
      'basicAgree',
      /no end after 1 s of real time \(--time-limit\); it was in findFreePlace at busy-loop\.ts:18; server \d was last called at 0\.000 ms/,
      1,
    ],
    [
      'two-leaders',
      'initialElection',
      /Election Safety is violated: server 0 and server 1 have both led term 1 /,
      3,
    ],
    [
      'loses-its-log',
      'persist13C',
      /server \d has lost its log: as leader it puts a command at index \d, but it had applied index \d before; it was restarted at .* ms, with \d+ bytes/,
      3,
    ],
  ])('%s', async (name, graded, diagnosis, timeLimit) => {
    const path = fixture(`broken/${name}.ts`);
    const limit = ['--time-limit', `${timeLimit}`];
    const { code, out } = await runGrade(graded, '--seed', '1', '--impl', path, ...limit);
    expect(out).toMatch(diagnosis);
    expect(out).toMatch(
      new RegExp(`replay +npm run grade -- Test\\w+ --seed 1 --impl ${path} --time-limit ${timeLimit}\n`),
    );
    expect(code).toBe(1);
  });
});

test('tests that never end fail with their location; the other tests continue in new threads', async () => {
  const tests = ['initialElection', 'basicAgree', 'reElection', 'failAgree', 'rejoin'];
  const options = ['--seed', '1', '--time-limit', '2', '--jobs', '2'];
  const { code, out } = await runGrade(...tests, ...options, '--impl', fixture('broken/busy-loop.ts'));
  expect(out.match(/Passed|FAILED.*(?=; server)/g)).toEqual([
    'Passed',
    'Passed',
    ...Array(3).fill(
      'FAILED -- ThreadLost: no end after 2 s of real time (--time-limit); it was in findFreePlace at busy-loop.ts:18',
    ),
  ]);
  expect(code).toBe(1);
});
