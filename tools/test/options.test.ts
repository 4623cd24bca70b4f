// Wrong options of the tools end with exit status 2, the reason and the usage, before anything is built or run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const tools = join(import.meta.dirname, '..');

test.each([
  ['mutants/run.mjs', ['--only'], "Option '--only <value>' argument missing"],
  ['mutants/run.mjs', ['--only', 'vote-twice,no-such-bug'], 'no such bug: no-such-bug'],
  ['mutants/run.mjs', ['--catalogue', 'unknown'], 'no such catalogue: unknown'],
  ['mutants/run.mjs', ['--detectors', 'lab,unknown'], 'no such detector: unknown'],
  ['mutants/run.mjs', ['--jobs', '0'], '--jobs must be a whole number, 1 or more; got "0".'],
  ['kernel/main.mjs', ['--rounds', 'many'], '--rounds must be a whole number, 1 or more; got "many".'],
  ['kernel/leader-kills.mjs', ['--kills', '1.5'], '--kills must be a whole number, 1 or more; got "1.5".'],
  ['kernel/leader-kills.mjs', ['--unknown'], "Unknown option '--unknown'"],
])('%s %j', (program, argv, problem) => {
  const { status, stderr } = spawnSync(process.execPath, [join(tools, program), ...argv], {
    encoding: 'utf8',
  });
  expect(stderr).toContain(problem);
  expect(stderr).toContain(`usage: node tools/${program} [options]`);
  expect(status).toBe(2);
});
