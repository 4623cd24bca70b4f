// `grade --list`.
import type { GradedTest } from '@raftlab/test-harness';
import { formatTable } from './table.ts';

export function listTests(tests: readonly GradedTest[]): readonly string[] {
  return formatTable(
    ['part', 'test', '>servers', 'title'],
    tests.map(({ part, id, servers, title }) => [part, id, `${servers}`, title]),
  );
}
