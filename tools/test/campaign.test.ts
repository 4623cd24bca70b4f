// The command line of a campaign, and one run of it, whose servers have a bug that it must find.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../campaign/options.mjs';
import { root } from '../src/repository.ts';

function campaign(cwd: string, ...argv: string[]) {
  return spawnSync(process.execPath, [join(root, 'tools/campaign/main.mjs'), ...argv], {
    cwd,
    encoding: 'utf8',
  });
}

test.each([
  [['--servers', '4'], '--servers must be 3 or 5, got "4".'],
  [['--minutes', 'long'], '--minutes must be more than 0 and at most 1440, got "long".'],
  [['--minutes', '0'], '--minutes must be more than 0 and at most 1440, got "0".'],
  [['--seed', '1.5'], '--seed must be a whole number from 0 on, got "1.5".'],
  [['--seed', ''], '--seed must be a whole number from 0 on, got "".'],
  [['--canary', 'nightingale'], '--canary must be early-answer or local-read, got "nightingale".'],
  [['--minuets', '1'], "Unknown option '--minuets'"],
])('%j is refused, with the reason', (argv, problem) => {
  expect(() => readOptions(argv)).toThrow(UsageError);
  expect(() => readOptions(argv)).toThrow(problem);
});

test('wrong options exit with 2 and print the usage', () => {
  const { status, stdout, stderr } = campaign(root, '--servers', '4');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('usage: npm run campaign');
});

test('servers that answer reads from their own state are found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-campaign-test-'));
  try {
    // Ends when the bug is found, after the first window or two.
    const { status, stdout } = campaign(folder, '--canary', 'local-read', '--minutes', '0.5', '--seed', '1');
    expect(stdout).toContain('the canary was found');
    expect(status).toBe(0);
    expect(stdout).toMatch(/the history of key \S+ in window \d+ is not linearizable/);
    const verdict = readFileSync(join(folder, 'failing-runs/campaign-1/verdict.txt'), 'utf8');
    expect(verdict).toContain('not linearizable: partition');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
