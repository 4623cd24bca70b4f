// That the scenarios can fail: a core with a broken rule makes the scenario that shows the rule come out differently.
import { expect, test } from 'vitest';
import { runScenario } from '#src/run-scenario';
import { brokenRules } from './broken-cores.ts';
import { scenarioFiles } from './scenario-files.ts';

const files = new Map(scenarioFiles().map((file) => [file.name, file]));

test.each(brokenRules)('$scenario fails when $what', ({ scenario, begin }) => {
  const file = files.get(scenario);
  if (file === undefined) throw new Error(`no scenario ${scenario}`);
  const { text, failure } = runScenario(file.path, file.content, { begin });
  // Its checks fail by themselves: the transcript alone could be rewritten by mistake.
  expect(failure, text).toBeDefined();
});
