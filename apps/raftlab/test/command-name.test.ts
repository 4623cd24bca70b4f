// The command in messages is the one that works in the user's folder.
import { commandName } from '#src/command-name';
import { expect, test } from 'vitest';

const npx = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'raftlab' 'grade'" };

test.each([
  ['in a checkout', {}, false, 'npm run grade --'],
  ['in a checkout, by its own script', { npm_lifecycle_event: 'grade:run' }, false, 'npm run grade --'],
  ['in a checkout, by the tests', { npm_lifecycle_event: 'test' }, false, 'npm run grade --'],
  [
    'in a checkout, by npx with another program',
    { ...npx, npm_lifecycle_script: 'vitest' },
    false,
    'npm run grade --',
  ],
  ['in a folder of init', { npm_lifecycle_event: 'grade' }, true, 'npm run grade --'],
  ['where the package is installed', npx, true, 'npx raftlab grade'],
  ['where the package is installed, without npm', {}, true, 'npx raftlab grade'],
  ['where the package is a link to a checkout', npx, false, 'npx raftlab grade'],
  ['in another script of a project', { npm_lifecycle_event: 'test' }, true, 'npx raftlab grade'],
])('%s: %j', (_where, env, isInstalled, expected) => {
  expect(commandName('grade', { env, isInstalled })).toBe(expected);
});

test('in a folder of init, grade names the script of the simulation', () => {
  const env = { npm_lifecycle_event: 'grade' };
  expect(commandName('simulate', { env, isInstalled: true })).toBe('npm run simulate --');
});
