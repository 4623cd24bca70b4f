// Every scenario file is run, and must come out as it stands. RAFTLAB_UPDATE=1 writes the files anew; read the diff.
import { describe, expect, test } from 'vitest';
import { runScenario } from '#src/run-scenario';
import { headOf } from '#src/scenario-text';
import { rewrite, scenarioFiles } from './scenario-files.ts';

const isUpdate = process.env['RAFTLAB_UPDATE'] === '1';

for (const { name, path, content } of scenarioFiles()) {
  describe(name, () => {
    test('happens as it is written, and no invariant is violated', () => {
      const { text, failure } = runScenario(path, content);
      if (isUpdate) rewrite(name, text);
      expect(failure?.message).toBeUndefined();
      if (!isUpdate) expect(text).toBe(content);
    });

    test('says what it shows and where that is written', () => {
      const { title, rule, source } = headOf(content);
      expect(title).not.toBe('');
      expect(rule).not.toBe('');
      expect(source).toMatch(/§|Figure|thesis/);
    });

    test('is short enough to be read beside the paper', () => {
      expect(content.split('\n').length).toBeLessThanOrEqual(170);
    });
  });
}
