// Colours are for terminals: what goes into a pipe or a file holds no control characters, whatever the environment says.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test.each([{ CI: '1' }, { FORCE_COLOR: '1' }, { NO_COLOR: '1' }])(
  'no colours in a pipe with %j',
  (variables) => {
    const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
    const out = execFileSync(process.execPath, [main, 'TestBasicAgree3B', '--seed', '1'], {
      encoding: 'utf8',
      env: { ...process.env, ...variables },
    });
    expect(out).toContain('  ... Passed --');
    expect(out).not.toContain('\u{1b}');
  },
);
