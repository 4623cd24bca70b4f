// The log of a server as the trace tells it: which entry is of which term, in runs of equal terms.
import type { LogChange } from '@raftlab/trace/form';
import type { LogIndex, Term } from '@raftlab/protocol';

export interface TermRun {
  readonly firstIndex: LogIndex;
  readonly term: Term;
  readonly count: number;
}

/** In order of index; never changed in place, so that states may share it. */
export type LogTerms = readonly TermRun[];

/** What stood from the change's first index on is gone. */
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

/** Without the entries that a snapshot up to `index` stands for. */
export function compactLog(log: LogTerms, index: LogIndex): LogTerms {
  const [first] = log;
  if (first === undefined || first.firstIndex > index) return log;
  return log.flatMap((run) => {
    const firstIndex = Math.max(run.firstIndex, index + 1);
    const count = run.firstIndex + run.count - firstIndex;
    return count > 0 ? [{ ...run, firstIndex, count }] : [];
  });
}

/** 0 for an empty log. */
export function lastIndexOf(log: LogTerms): LogIndex {
  const last = log.at(-1);
  return last === undefined ? 0 : last.firstIndex + last.count - 1;
}

/** Undefined where the log has no such entry. */
export function termAt(log: LogTerms, index: LogIndex): Term | undefined {
  return log.find((run) => run.firstIndex <= index && index < run.firstIndex + run.count)?.term;
}
