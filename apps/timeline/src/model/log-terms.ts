// The log of a server: the term of each entry, as runs of equal terms. A trace does not contain more of a log.
import type { LogChange } from '@raftlab/trace/form';
import type { LogIndex, Term } from '@raftlab/protocol';

/** Consecutive entries of the same term. */
export interface TermRun {
  readonly firstIndex: LogIndex;
  readonly term: Term;
  readonly count: number;
}

/** A log, in order of index. Never changed in place, so that states can share it. */
export type LogTerms = readonly TermRun[];

/** The log after a change, which replaces all entries from its first index on. */
export function changeLog(log: LogTerms, { firstIndex, terms }: LogChange): LogTerms {
  const kept = log.flatMap((run) => {
    const count = Math.min(run.count, firstIndex - run.firstIndex);
    return count > 0 ? [{ ...run, count }] : [];
  });
  let next = firstIndex;
  for (const [term, count] of terms) {
    const last = kept.at(-1);
    if (last !== undefined && last.term === term && last.firstIndex + last.count === next) {
      kept[kept.length - 1] = { ...last, count: last.count + count };
    } else {
      kept.push({ firstIndex: next, term, count });
    }
    next += count;
  }
  return kept;
}

/** The log without the entries up to `index`, which a snapshot covers. */
export function compactLog(log: LogTerms, index: LogIndex): LogTerms {
  const [first] = log;
  if (first === undefined || first.firstIndex > index) return log;
  return log.flatMap((run) => {
    const firstIndex = Math.max(run.firstIndex, index + 1);
    const count = run.firstIndex + run.count - firstIndex;
    return count > 0 ? [{ ...run, firstIndex, count }] : [];
  });
}

/** The index of the last entry. 0 for an empty log. */
export function lastIndexOf(log: LogTerms): LogIndex {
  const last = log.at(-1);
  return last === undefined ? 0 : last.firstIndex + last.count - 1;
}

/** The term of an entry. Undefined when the log does not contain it. */
export function termAt(log: LogTerms, index: LogIndex): Term | undefined {
  return log.find((run) => run.firstIndex <= index && index < run.firstIndex + run.count)?.term;
}
