// Colours are for terminals: output to a pipe or a file has no control characters, in any environment.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { program } from '../command-line.ts';

test.each([{ CI: '1', FORCE_COLOR: '1' }, { NO_COLOR: '1' }])('no colours in a pipe with %j', (variables) => {
  const out = execFileSync(process.execPath, [program, 'grade', 'TestBasicAgree3B', '--seed', '1'], {
    encoding: 'utf8',
    env: { ...process.env, ...variables },
  });
  expect(out).toContain('  ... Passed --');
  expect(out).not.toContain('\u{1b}');
});
