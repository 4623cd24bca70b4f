// Runs the example of the README as a scenario, and parses the commands in its tables.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCommand } from '#src/read-command';
import { runScenario } from '#src/run-scenario';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the example has the transcript that it shows', () => {
  const [, example = ''] = /```text\n([\s\S]*?)```/.exec(readme) ?? [];
  const { text, failure } = runScenario('README.md', example);
  expect(failure?.message).toBeUndefined();
  expect(text).toBe(example);
});

test('the commands in the tables can be parsed', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const shown = rows.flatMap((row) => {
    const [, cell = ''] = row.split('|');
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
  });
  expect(shown.length).toBeGreaterThan(20);
  expect(() => shown.map((command) => readCommand(command))).not.toThrow();
});
