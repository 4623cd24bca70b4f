// The command line: its output and exit codes. The first test of each kind runs a process, the others run in this one.
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  program,
  runExplore,
  runGrade,
  runRaftlab,
  runSimulate,
  spawnRaftlab,
  withoutTime,
} from './command-line.ts';

describe('a grading', () => {
  test("prints the lab's two lines for each test, then the summary, and exits with 0", async () => {
    const { code, out, error } = await spawnRaftlab(['grade', '3A', '--seed', '1']);
    expect(error).toBe('');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe('Test (3A): initial election ...');
    expect(lines[1]).toMatch(/^ {2}\.\.\. Passed -- {2} {0,2}\d+\.\d {2}3 [ \d]{4} [ \d]{7} [ \d]{4}$/);
    expect(lines).toContain('Test (3A): multiple elections ...');
    expect(out).toMatch(
      /\n\n3 passed, 0 failed\nvirtual time 1\d\.\d s\nseed {9}1\ntrace hash {3}[0-9a-f]{16}\ntime /,
    );
  });

  test('is the same for the same seed, with one job and with two', async () => {
    const tests = ['3A', 'failAgree', 'rejoin'];
    const oneJob = await runGrade(...tests, '--seed', '5');
    const twoJobs = await runGrade(...tests, '--seed', '5', '--jobs', '2');
    expect(withoutTime(twoJobs.out)).toBe(withoutTime(oneJob.out));
    const other = await runGrade(...tests, '--seed', '6');
    expect(withoutTime(other.out)).not.toBe(withoutTime(oneJob.out));
  });

  test('prints the seed that it drew, and that seed has the same result', async () => {
    const { out } = await runGrade('TestBasicAgree3B');
    const seed = /^seed +(\d+)$/m.exec(out)?.[1] ?? '';
    const again = await runGrade('TestBasicAgree3B', '--seed', seed);
    expect(withoutTime(again.out)).toBe(withoutTime(out));
  });

  test('of many runs prints progress, not every test', async () => {
    const { code, out } = await runGrade('basicagree', '--runs', '30', '--seed', '1');
    expect(code).toBe(0);
    expect(out).not.toContain('Passed');
    expect(out).toContain('30 of 30 tests in 30 runs, 0 failed');
    expect(out).toContain('seed         1 to 30');
  });

  test('in real time takes the time that it reports', async () => {
    const { code, out } = await runGrade('TestBasicAgree3B', '--real', '--jobs', '2');
    expect(code).toBe(0);
    expect(out).toContain('test time');
    expect(out).not.toContain('trace hash');
  });

  test.each(['slow-disk', 'wal'])('on the storage %s passes too', async (storage) => {
    const { code, out } = await runGrade('3A', '--storage', storage, '--seed', '1');
    expect(code).toBe(0);
    expect(out).toContain('3 passed, 0 failed');
  });

  test('can be compared with the course page', async () => {
    const { out } = await runGrade(
      'basicagree',
      'TestLeaderFailure3B',
      '--compare-lab',
      '--seed',
      '1',
      '--runs',
      '3',
    );
    expect(out).toMatch(/^TestBasicAgree3B +\d\.\d +0\.9 +16 +16 +16 +\d+ +\d+ +4572$/m);
    expect(out).toMatch(/^TestLeaderFailure3B .* not on the page$/m);
  });

  test('that is interrupted prints the results so far, and exits with 130', async () => {
    const child = spawn(process.execPath, [program, 'grade', '3B', '--real', '--seed', '1']);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      // Once: a second interrupt ends the process.
      if (out.includes('Passed') && !child.killed) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(out).toContain('interrupted; so far:\n1 passed, 0 failed');
  });
});

describe('--list and --help', () => {
  test('list names all tests', async () => {
    const { code, out } = await runGrade('--list');
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(28);
    expect(out).toContain('3C  TestFigure83C                    5 servers  Figure 8');
  });

  test('help lists the options and the exit status', async () => {
    const { code, out } = await runGrade('--help');
    expect(code).toBe(0);
    for (const option of ['--real', '--storage', '--seed', '--runs', '--jobs', '--compare-lab', '--list']) {
      expect(out).toContain(option);
    }
    expect(out).toContain('Exit status');
  });
});

describe('an invalid command runs nothing, prints the valid words, and exits with 2', () => {
  test.each([
    [
      ['bakup'],
      /no part or test 'bakup'\. Did you mean TestBackup3B\? Parts: 3A, 3B, 3C, 3D, 4A, 4B, rsm\. Tests: TestInitial/,
    ],
    [['3E'], /no part or test '3E'/],
    [[''], /no part or test ''/],
    [['persist'], /'persist' could be TestPersist13C, TestPersist23C, TestPersist33C/],
    [['3A', '--seed', '1.5'], /--seed .*'1.5' is invalid.* whole number from 0 to 9007199254740991/],
    [['3A', '--seed', 'abc'], /'abc' is invalid/],
    [['3A', '--seed', '-1'], /--seed/],
    [['3A', '--seed', '9007199254740991', '--runs', '2'], /goes beyond 9007199254740991/],
    [['3A', '--runs', '0'], /whole number from 1/],
    [['3A', '--runs'], /argument missing/],
    [['3A', '--jobs', '65'], /whole number from 1 to 64/],
    [['3A', '--storage', 'tape'], /Allowed choices are memory, slow-disk, wal/],
    [['3A', '--reporter', 'xml'], /There is no reporter 'xml'; there are lab, json, junit/],
    [['3A', '--reporter', 'json='], /Write json=<file>, or json alone for standard output/],
    [['3A', '--reporter', 'json', '--reporter', 'junit'], /Standard output already has a reporter/],
    [['3A', '--reporter', 'json=a/b', '--reporter', 'junit=./a/b'], /a\/b already has a reporter/],
    [
      ['3A', '--reporter', 'json=/dev/null/a'],
      /the report \/dev\/null\/a cannot be written: \w+: .*'\/dev\/null/,
    ],
    [
      ['3A', '--reporter', 'json=no-such-folder/deeper/a.json'],
      /a\.json cannot be written: the folder no-such-folder\/deeper does not exist; create it, or correct the path\./,
    ],
    [['3A', '--log', '--runs', '2'], /--log shows one run/],
    [['3A', '--log-topics', 'vote'], /give --log too/],
    [['3A', '--log', '--log-topics', 'votes'], /"votes" is not a topic; topics are test, server/],
    [['initial', '--log', '--log-servers', '0,3'], /there is no server 3; they are 0 to 2/],
    [['3A', '--sed', '1'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
  ])('%j', async (args, message) => {
    const { code, out, error } = await runGrade(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(error).toMatch(message);
  });
});

test.each(['grade', 'simulate', 'explore'])(
  '%s: an option that npm interprets as its own, because -- is missing, is an error',
  async (name) => {
    const taken = {
      npm_config_seed: 'true',
      npm_config_runs: '3',
      npm_config_trace: '',
      npm_config_terms: '2',
    };
    const { code, out, error } = await runRaftlab([name], taken);
    expect(out).toBe('');
    expect(error).toMatch(/^error: npm took --\w+/);
    expect(error).toContain(`npm run ${name} -- …`);
    if (name === 'grade') expect(error).toContain('npm took --seed and --runs and --no-trace as its own');
    expect(code).toBe(2);
  },
);

describe('raftlab', () => {
  test('lists its subcommands', async () => {
    const { code, out } = await runRaftlab(['--help']);
    expect(code).toBe(0);
    for (const name of ['grade', 'init', 'simulate', 'explore'])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('without a subcommand shows the help and exits with 2', async () => {
    const { code, out, error } = await runRaftlab([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(error).toContain('Usage: raftlab');
  });

  test('with a misspelt subcommand names the right one', async () => {
    const { code, error } = await spawnRaftlab(['simulat']);
    expect(code).toBe(2);
    expect(error).toContain("unknown command 'simulat'\n(Did you mean simulate?)");
  });
});

describe('explore', () => {
  test('visits every state within small bounds, and prints their number', async () => {
    const { code, out } = await runExplore('--terms', '1', '--entries', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/^[\d,]+ states, [\d,]+ transitions, depth \d+$/m);
    expect(out).toContain('most entries chosen 1');
    expect(out).toContain('every state within the bounds was visited; no property was violated');
  });

  test('ends when nothing more can be printed', async () => {
    const request = {
      servers: 3,
      learners: 0,
      terms: 2,
      entries: 2,
      inFlight: 2,
      crashes: 0,
      duplications: 0,
    };
    const { explore } = await import('#src/explore/explore');
    const printed: string[] = [];
    const report = await explore(
      { ...request, snapshots: 0, reads: 0, transfers: 0, noops: false, preVotes: false, maxStates: 20_000 },
      { out: (text) => void printed.push(text), error: () => undefined },
      AbortSignal.abort(),
    );
    expect(report).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test('reports that it had to stop, and fails', async () => {
    const { code, out } = await runExplore('--max-states', '1000');
    expect(code).toBe(1);
    expect(out).toContain('not every state was visited');
  });

  test.each([
    [['--servers', '9'], /whole number from 2 to 5/],
    [['--learners', '3'], /--learners 3 leaves no voter among 3 servers/],
    [['--term', '2'], /unknown option '--term'/],
  ])('%j is an invalid command', async (args, message) => {
    const { code, error } = await runExplore(...args);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });
});

describe('simulate', () => {
  test('is the same for the same seed, with one job and with two', async () => {
    const args = ['--seed', '12', '--runs', '3', '--servers', '3', '--schedule', 'calm'];
    const one = await runSimulate(...args);
    const two = await runSimulate(...args, '--jobs', '2');
    expect(one.code).toBe(0);
    expect(withoutTime(two.out)).toBe(withoutTime(one.out));
    expect(one.out).toContain('3 runs passed, 0 failed');
  });

  test.each([
    [['--servers', '9'], /Allowed choices are 1, 2, 3, 4, 5, 6, 7/],
    [['--schedule', 'rainy'], /Allowed choices are calm, uniform/],
    [['--runs', '1', '--minutes', '1'], /cannot be used with/],
    [
      ['--reference', '--storage', 'wal'],
      /--reference cannot be used with --storage wal: .* Leave one of them out\./,
    ],
    [['--minutes', '0'], /It must be a number such as 0.5, more than 0 and at most 10000/],
    [['--minutes', '1e3'], /It must be a number such as 0.5/],
    [['--replay', 'no-such-file'], /no-such-file cannot be read/],
    [['--replay', 'package.json'], /package\.json is not a recorded run/],
  ])('%j is an invalid command', async (args, message) => {
    const { code, error } = await runSimulate(...args);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });
});
