// Reads the reports to merge, and checks that they are all the shards of one grading.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { gradingReportSchema, type GradingReport } from '../grade/reporters/report-document.ts';

/** In the order of the shards. Throws CommandError. */
export function readShards(files: readonly string[]): readonly GradingReport[] {
  const shards = files.map((file) => ({ file, report: readReport(file) }));
  const [first] = shards;
  if (first === undefined) throw new CommandError('there is no report to merge.');
  const found = new Map<number, { file: string; report: GradingReport }>();
  const { count } = shardIn(first);
  for (const shard of shards) {
    const { index, count: otherCount } = shardIn(shard);
    const difference = count === otherCount ? differenceOf(first.report, shard.report) : 'number of shards';
    if (difference !== undefined)
      throw new CommandError(
        `${shard.file} and ${first.file} are not of one grading: they differ in their ${difference}.`,
      );
    const same = found.get(index);
    if (same !== undefined)
      throw new CommandError(`${shard.file} and ${same.file} are both shard ${index}/${count}.`);
    found.set(index, shard);
  }
  const missing = Array.from({ length: count }, (_, offset) => offset + 1).filter(
    (index) => !found.has(index),
  );
  if (missing.length > 0)
    throw new CommandError(`the report of shard ${missing.join(', ')} of ${count} is missing.`);
  return [...found].toSorted(([a], [b]) => a - b).map(([, { report }]) => report);
}

function shardIn({ file, report }: { file: string; report: GradingReport }): {
  index: number;
  count: number;
} {
  const { shard } = report.command;
  if (shard === undefined)
    throw new CommandError(`${file} is the report of a whole grading; merge takes those of grade --shard.`);
  return shard;
}

/** What was asked for differently; undefined when both are of one grading. */
function differenceOf({ command: a }: GradingReport, { command: b }: GradingReport): string | undefined {
  if (JSON.stringify(a.tests) !== JSON.stringify(b.tests)) return 'tests';
  const keys = ['mode', 'seed', 'runs', 'storage', 'implementation', 'raft'] as const;
  return keys.find((key) => a[key] !== b[key]);
}

function readReport(file: string): GradingReport {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be read as a report: ${reason}`, { cause: error });
  }
  const result = gradingReportSchema.safeParse(content);
  if (result.success) return result.data;
  throw new CommandError(
    `${file} is not a report of grade --reporter json: ${z.prettifyError(result.error)}`,
  );
}
