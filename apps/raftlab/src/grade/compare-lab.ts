// Our figures beside the course page's sample run: medians over the runs, and maxima.
import { labFigures, type GradedTest, type Statistics } from '@raftlab/test-harness';

/** A table with a row for each test; `over` marks tests of which some run took more RPCs or bytes than the sample. */
export function compareWithLab(
  tests: readonly GradedTest[],
  statistics: ReadonlyMap<string, readonly Statistics[]>,
): string[] {
  const rows = tests.map((test) => {
    const ours = statistics.get(test.id) ?? [];
    const page = labFigures.get(test.id);
    const rpcs = ours.map((run) => run.rpcs);
    const bytes = ours.map((run) => run.bytes);
    const isOver = page !== undefined && (most(rpcs) > page.rpcs || most(bytes) > page.bytes);
    return [
      test.id,
      median(ours.map((run) => run.seconds)).toFixed(1),
      page?.seconds.toFixed(1) ?? '-',
      ...[median(rpcs), most(rpcs), page?.rpcs ?? '-', median(bytes), most(bytes), page?.bytes ?? '-'].map(
        String,
      ),
      page === undefined ? 'not on the page' : isOver ? 'over' : '',
    ];
  });
  const header = ['test', 'time', 'page', 'RPCs', 'most', 'page', 'bytes', 'most', 'page', ''];
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === 9 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    'beside the sample run of the course page (medians, and the most of any run):',
    format(header),
    ...rows.map(format),
  ];
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0);
}
