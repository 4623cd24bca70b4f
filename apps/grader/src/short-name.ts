// The lab's ids carry a word and a part that are the same in all of them: `TestBackup3B` is `Backup` of part 3B.
import type { GradedTest } from '@raftlab/test-harness';

export function shortName({ id, part }: Pick<GradedTest, 'id' | 'part'>): string {
  return id.slice(id.startsWith('Test') ? 'Test'.length : 0, id.endsWith(part) ? -part.length : undefined);
}
