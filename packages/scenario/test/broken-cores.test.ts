// Scenarios can fail: a core that breaks a rule fails the scenario of the rule.
import { expect, test } from 'vitest';
import { runScenario } from '#src/run-scenario';
import { brokenRules } from './broken-cores.ts';
import { scenarioFiles } from './scenario-files.ts';

const files = new Map(scenarioFiles().map((file) => [file.name, file]));

test.each(brokenRules)('$scenario fails when $what', ({ scenario, begin }) => {
  const file = files.get(scenario);
  if (file === undefined) throw new Error(`no scenario ${scenario}`);
  const { text, failure } = runScenario(file.path, file.content, { begin });
  // The checks must fail: a changed transcript alone could be rewritten by mistake.
  expect(failure, text).toBeDefined();
});
