// The command that runs one test again, as the README gives it.
import type { TaskReport } from './task.ts';

export function replayCommand({ id, seed, mode }: Pick<TaskReport, 'id' | 'seed' | 'mode'>): string {
  return `npm run grade -- ${id} --seed ${seed}${mode === 'real' ? ' --real' : ''}`;
}
