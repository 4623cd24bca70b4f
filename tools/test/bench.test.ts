// The benchmark's command line: its help, and the files that it writes. The figures themselves are not checked: on a shared
// machine they would fail at random.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { root } from '../src/repository.ts';

const report = z.object({
  machine: z.object({
    cpu: z.string(),
    cpuCount: z.int(),
    load: z.number(),
    node: z.string(),
    commit: z.string(),
  }),
  results: z.array(
    z.object({ name: z.string(), rows: z.array(z.object({ what: z.string(), median: z.number() })).min(1) }),
  ),
});

test('a measurement is printed and saved, with the machine and the commit, and compared with an earlier one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-bench-'));
  try {
    const file = join(folder, 'figures.json');
    const { status, stdout } = bench('--only', 'entry-size', '--json', file);
    expect(status).toBe(0);
    expect(stdout).toContain(process.version);
    const { machine, results } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(machine.node).toBe(process.version);
    expect(results.map(({ name }) => name)).toEqual(['entry-size']);

    const compared = bench('--only', 'entry-size', '--compare', file);
    expect(compared.status).toBe(0);
    expect(compared.stdout).toMatch(/a command of 8 bytes, term 5 +11\.00 B +x 1$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [['--compare', 'package.json'], 'package.json is not what --json writes'],
  [['--compare', 'nowhere.json'], 'nowhere.json cannot be read'],
  [['--only', 'entry-size', '--json', 'nowhere/figures.json'], 'nowhere/figures.json cannot be written'],
])('%j exits with 2 and prints the reason', (args, problem) => {
  const { status, stdout, stderr } = bench(...args);
  expect(status).toBe(2);
  expect(stdout).toBe(''); // before the first measurement
  expect(stderr).toContain(problem);
});

test('--help lists the measurements', () => {
  const { status, stdout, stderr } = bench('--help');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('usage: pnpm bench [--only NAME[,NAME]]');
  expect(stdout).toContain('NAME is one of agreement, group-commit');
});

test.each([
  [['--only', 'nonsense'], 'there is no measurement "nonsense"'],
  [['--onyl', 'codec'], "Unknown option '--onyl'"],
])('%j exits with 2 and lists the measurements', (args, problem) => {
  const { status, stdout, stderr } = bench(...args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(problem);
  expect(stderr).toContain('NAME is one of agreement, group-commit, catch-up, restart, compaction, memory');
});

function bench(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const main = join(root, 'tools/bench/main.mjs');
  return spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8', timeout: 30_000 });
}
