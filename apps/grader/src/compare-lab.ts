// Our medians beside the figures that the lab page publishes for a passing run.
import { labFigures, type GradedTest } from '@raftlab/test-harness';
import { median } from './median.ts';
import { formatTable } from './table.ts';
import type { Samples } from './tally.ts';

const headings = ['test', '>time', '>lab', '>RPCs', '>lab', '>bytes', '>lab', ''];

/** `samplesOf` gives the passed runs of a test, undefined when it has none. */
export function compareWithLab(
  tests: readonly Pick<GradedTest, 'id'>[],
  samplesOf: (testId: string) => Samples | undefined,
): readonly string[] {
  const rows = tests.map(({ id }) => compareTest(id, samplesOf(id)));
  const above = rows.filter(({ isAbove }) => isAbove).length;
  return [
    '',
    "Beside the lab page (medians of the passed runs; time in s; ! marks what is above the page's figure)",
    ...formatTable(
      headings,
      rows.map(({ cells }) => cells),
    ).map((line) => `  ${line}`),
    `${above} of ${rows.length} tests above the page's RPCs or bytes`,
  ];
}

interface Row {
  readonly cells: readonly string[];
  readonly isAbove: boolean;
}

function compareTest(id: string, samples: Samples | undefined): Row {
  const page = labFigures.get(id);
  const pageCells = {
    seconds: page?.seconds.toFixed(1) ?? '-',
    rpcs: `${page?.rpcs ?? '-'}`,
    bytes: `${page?.bytes ?? '-'}`,
  };
  if (samples === undefined) {
    const cells = [id, '-', pageCells.seconds, '-', pageCells.rpcs, '-', pageCells.bytes, 'no run passed'];
    return { cells, isAbove: false };
  }
  const [seconds, rpcs, bytes] = [median(samples.seconds), median(samples.rpcs), median(samples.bytes)];
  const above = [
    ...(page !== undefined && rpcs > page.rpcs ? ['RPCs'] : []),
    ...(page !== undefined && bytes > page.bytes ? ['bytes'] : []),
  ];
  const remark = page === undefined ? 'not on the page' : above.length > 0 ? `! ${above.join(' and ')}` : '';
  const cells = [
    id,
    seconds.toFixed(1),
    pageCells.seconds,
    `${rpcs}`,
    pageCells.rpcs,
    `${bytes}`,
    pageCells.bytes,
    remark,
  ];
  return { cells, isAbove: above.length > 0 };
}
