// The report of a failing test, with a Raft that never elects a leader.
import { makeService } from '@raftlab/rpc';
import { gradeTest, type Implementation } from '@raftlab/test-harness';
import type { Terminal } from '#src/command-context';
import { grade } from '#src/grade/grade';
import type { GradeRequest } from '#src/grade/request';
import { Tally } from '#src/grade/summary';
import type { TestRunner } from '#src/grade/test-runner';
import { expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';
import { fixture } from '../modules.ts';
import { commandFor } from './reporters/grade-command.ts';

const skeleton: Implementation = {
  name: 'skeleton',
  make: () => ({
    start: () => ({ isLeader: false, term: 0 }),
    getState: () => ({ term: 0, isLeader: false }),
    snapshot: () => undefined,
    kill: () => undefined,
    service: makeService('Raft', []),
  }),
};

const runner: TestRunner = {
  grade: ({ test: graded, seed }) => gradeTest(graded, { mode: 'virtual', seed, implementation: skeleton }),
  close: () => Promise.resolve(),
};

async function gradeSkeleton(changes: Partial<GradeRequest>): Promise<{ code: number; out: string }> {
  let out = '';
  const terminal: Terminal = { out: (text) => void (out += text), error: () => undefined };
  const code = await grade(commandFor(changes), {
    terminal,
    signal: new AbortController().signal,
    runner,
  });
  return { code, out };
}

test('a failure is reported with message, step, time, seed and replay command; the exit code is 1', async () => {
  const { code, out } = await gradeSkeleton({});
  expect(code).toBe(1);
  expect(out).toContain('  ... FAILED -- expected one leader, got none\n');
  expect(out).toContain('      test    TestInitialElection3A\n');
  expect(out).toContain('      where   step 1, checkOneLeader\n');
  expect(out).toMatch(/ {6}time {4}[45]\d{3}\.\d{3} ms after the cluster was made\n/);
  expect(out).toContain('      seed    42\n');
  expect(out).toContain('      replay  npm run grade -- TestInitialElection3A --seed 42\n');
  expect(out).toContain(
    'failures by cause:\n      1  TestInitialElection3A: expected one leader, got none\n',
  );
  expect(out).toContain('0 passed, 1 failed');
});

test('the same seed fails in the same way, event for event', async () => {
  const [first, second] = [await gradeSkeleton({}), await gradeSkeleton({})];
  const trace = (text: string): string | undefined => /trace hash +(\w+)/.exec(text)?.[1];
  expect(trace(first.out)).toBeDefined();
  expect(trace(second.out)).toBe(trace(first.out));
});

test('failures of many runs are grouped by cause, and the replay has its own seed and storage', async () => {
  const { code, out } = await gradeSkeleton({ runs: 8, jobs: 2, storage: 'slow-disk' });
  expect(code).toBe(1);
  expect(out).toContain(
    '      8  TestInitialElection3A: expected one leader, got none\n' +
      '         seeds 42, 43, 44, 45, 46, …; replay: ' +
      'npm run grade -- TestInitialElection3A --seed 42 --storage slow-disk\n',
  );
});

test('a cause that several tests have is listed once, with the number of failures in each', async () => {
  const path = fixture('broken/two-leaders.ts');
  const { out } = await runGrade('3A', '--runs', '2', '--seed', '7', '--impl', path, '--no-trace');
  const table = out.slice(out.indexOf('failures by cause:'));
  expect(table.match(/Election Safety is violated/g)).toHaveLength(1);
  expect(table).toMatch(/^ {6}6 {2}in 3 tests: ImplementationFault: Election Safety is violated/m);
  expect(table).toContain('         2 TestInitialElection3A, 2 TestReElection3A, 2 TestManyElections3A\n');
});

test('a tally of no failures has no table', () => {
  const table = new Tally({ keepsStatistics: false }).failureTable(
    { isReal: false, storage: 'memory' },
    { pageOf: () => ({}), pagelessCount: 0 },
  );
  expect(table).toEqual([]);
});
