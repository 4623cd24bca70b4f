// Our figures compared with the course page's sample run: medians and maxima over the runs.
import type { Column, GradedTest, Statistics, Suite } from '@raftlab/test-harness';
import { suiteOf, suites } from './suites.ts';

/** A table per suite, with a row per test; `over` marks tests of which some run exceeded a published bound. */
export function compareWithLab(
  tests: readonly GradedTest[],
  statistics: ReadonlyMap<string, readonly Statistics[]>,
): string[] {
  return suites.flatMap((suite) => {
    const own = tests.filter((test) => suiteOf(test) === suite);
    if (own.length === 0) return [];
    const columns = suite.columns.filter(({ published }) => published !== undefined);
    const header = ['test', ...columns.flatMap(headings), ''];
    const rows = own.map(({ id }) => row(id, { suite, columns, runs: statistics.get(id) ?? [] }));
    return [
      'compared with the sample run of the course page (medians, and the maximum of all runs):',
      ...aligned([header, ...rows]),
    ];
  });
}

function headings({ heading, published }: Column): string[] {
  return published === 'bound' ? [heading, 'most', 'page'] : [heading, 'page'];
}

interface Compared {
  readonly suite: Suite;
  readonly columns: readonly Column[];
  readonly runs: readonly Statistics[];
}

function row(id: string, { suite, columns, runs }: Compared): string[] {
  const page = suite.publishedFigures.get(id);
  let isOver = false;
  const cells = columns.flatMap(({ id: column, decimals, published }) => {
    const ours = runs.map((run) => run[column] ?? 0);
    const figure = page?.[column];
    const shown = (value: number): string => value.toFixed(decimals);
    const ofPage = figure === undefined ? '-' : shown(figure);
    if (published !== 'bound') return [shown(median(ours)), ofPage];
    isOver ||= figure !== undefined && most(ours) > figure;
    return [shown(median(ours)), shown(most(ours)), ofPage];
  });
  return [id, ...cells, page === undefined ? 'not on the page' : isOver ? 'over' : ''];
}

/** The first and the last column are text, those between are numbers. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 || column === last ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0);
}
