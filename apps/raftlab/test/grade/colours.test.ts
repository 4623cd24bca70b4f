// Colours are for terminals: what goes into a pipe or a file holds no control characters, whatever the environment says.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { program } from '../command-line.ts';

test.each([{ CI: '1' }, { FORCE_COLOR: '1' }, { NO_COLOR: '1' }])(
  'no colours in a pipe with %j',
  (variables) => {
    const out = execFileSync(process.execPath, [program, 'grade', 'TestBasicAgree3B', '--seed', '1'], {
      encoding: 'utf8',
      env: { ...process.env, ...variables },
    });
    expect(out).toContain('  ... Passed --');
    expect(out).not.toContain('\u{1b}');
  },
);
