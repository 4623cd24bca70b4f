// The example of the README is a scenario like any other, and the tables name every command.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCommand } from '#src/read-command';
import { runScenario } from '#src/run-scenario';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the example happens as it is written', () => {
  const [, example = ''] = /```text\n([\s\S]*?)```/.exec(readme) ?? [];
  const { text, failure } = runScenario('README.md', example);
  expect(failure?.message).toBeUndefined();
  expect(text).toBe(example);
});

test('what the tables show can be read', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const shown = rows.flatMap((row) => {
    const [, cell = ''] = row.split('|');
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
  });
  expect(shown.length).toBeGreaterThan(20);
  expect(() => shown.map((command) => readCommand(command))).not.toThrow();
});
