// After many runs: which tests failed, how often, and how to see each failure again.
import { formatTable } from './table.ts';
import type { FailureTally } from './tally.ts';

/** Empty when there was no failure. */
export function failureTable(failures: readonly FailureTally[], runs: number): readonly string[] {
  if (failures.length === 0) return [];
  const rows = failures.flatMap(({ testId, count, seeds, replayCommands }) => [
    ...seeds.map((seed, offset) => [
      offset === 0 ? testId : '',
      offset === 0 ? `${count} of ${runs}` : '',
      `${seed}`,
      replayCommands[offset] ?? '',
    ]),
    ...(count > seeds.length ? [['', '', `… and ${count - seeds.length} more, printed above`]] : []),
  ]);
  return [
    '',
    'Failures',
    ...formatTable(['test', '>failed', '>seed', 'replay'], rows).map((line) => `  ${line}`),
  ];
}
