// The status of a cluster as a table.
import type { ServerStatus } from '@raftlab/kv-client';
import type { Outcome } from './outcome.ts';

const titles = ['server', 'role', 'term', 'commit', 'applied', 'log', 'keys', 'pending', 'behind'] as const;

/** A problem when no server of the highest term that any of them reports leads. */
export function statusOutcome(servers: readonly ServerStatus[]): Outcome {
  const leader = leaderOf(servers);
  return {
    text: table(servers, leader),
    problem: leader === undefined ? 'no server leads' : undefined,
    document: { leader: leader ?? null, servers },
  };
}

function leaderOf(servers: readonly ServerStatus[]): number | undefined {
  const reports = servers.flatMap((each) => (each.ok ? [each.report] : []));
  const newest = Math.max(...reports.map(({ term }) => term));
  return reports.find(({ role, term }) => role === 'leader' && term === newest)?.me;
}

function table(servers: readonly ServerStatus[], leader: number | undefined): string {
  const followers = new Map(
    servers.flatMap((each) =>
      each.ok && each.server === leader
        ? each.report.followers.map(
            ({ server, matchIndex }) => [server, each.report.log.lastIndex - matchIndex] as const,
          )
        : [],
    ),
  );
  const rows = servers.map((each): readonly string[] => {
    if (!each.ok) return [String(each.server), each.problem];
    const { role, term, commitIndex, lastApplied, log, keyCount, pendingCount } = each.report;
    const behind = followers.get(each.server);
    const numbers = [term, commitIndex, lastApplied, log.lastIndex, keyCount, pendingCount].map(String);
    return [String(each.server), role, ...numbers, behind === undefined ? '-' : String(behind)];
  });
  const full = [titles, ...rows.filter((row) => row.length === titles.length)];
  const widths = titles.map((_, column) => Math.max(...full.map((row) => row[column]?.length ?? 0)));
  return [titles, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
