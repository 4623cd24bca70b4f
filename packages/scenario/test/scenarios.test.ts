// Runs every scenario file, whose transcript must not change. RAFTLAB_UPDATE=1 rewrites the files; review the diff.
import { describe, expect, test } from 'vitest';
import { runScenario } from '#src/run-scenario';
import { headOf } from '#src/scenario-text';
import { rewrite, scenarioFiles } from './scenario-files.ts';

const isUpdate = process.env['RAFTLAB_UPDATE'] === '1';

for (const { name, path, content } of scenarioFiles()) {
  describe(name, () => {
    test('has the transcript of the file, and violates no invariant', () => {
      const { text, failure } = runScenario(path, content);
      if (isUpdate) rewrite(name, text);
      expect(failure?.message).toBeUndefined();
      if (!isUpdate) expect(text).toBe(content);
    });

    test('has a title, a rule and a source', () => {
      const { title, rule, source } = headOf(content);
      expect(title).not.toBe('');
      expect(rule).not.toBe('');
      expect(source).toMatch(/§|Figure|thesis/);
    });

    test('has at most 170 lines', () => {
      expect(content.split('\n').length).toBeLessThanOrEqual(170);
    });
  });
}
