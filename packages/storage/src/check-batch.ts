// Which batches fit what is stored. A batch that does not fit would leave a log that no server can have.
import type { HardState, LogIndex, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { WriteBatch } from './storage.ts';

/** What must be known of the stored state to check a batch. */
export interface StoredLog {
  readonly hardState: HardState;
  /** The end of the stored snapshot; 0 and 0 without one. */
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term;
  /** The end of the log; lastIncludedIndex when it has no entries. */
  readonly lastIndex: LogIndex;
  /** The term of the entry at an index after lastIncludedIndex, up to lastIndex. */
  termAt(index: LogIndex): Term;
}

/** A batch does not fit what is stored, or the batch before it. Nothing of it was applied: it is a bug of its maker. */
export class BatchError extends Error {
  override readonly name: string = 'BatchError';
}

/**
 * Throws BatchError unless the batch leads to a log without gaps, whose terms never fall and never exceed currentTerm, behind
 * a snapshot that does not go back. The parts are compared with the state that the whole batch leads to, not with states in
 * between: a batch that was merged must fit where the two that it came from did.
 */
export function checkBatch(stored: StoredLog, { hardState, snapshot, log }: WriteBatch): void {
  assert(
    stored.lastIndex >= stored.lastIncludedIndex,
    () => `the stored log ends at ${stored.lastIndex}, before its snapshot up to ${stored.lastIncludedIndex}`,
  );
  if (snapshot !== undefined && !(snapshot.lastIncludedIndex >= Math.max(1, stored.lastIncludedIndex))) {
    throw refusal(
      `a snapshot up to index ${snapshot.lastIncludedIndex}`,
      stored.lastIncludedIndex === 0
        ? 'a snapshot covers at least index 1'
        : `the present one reaches index ${stored.lastIncludedIndex}`,
    );
  }
  const { lastIncludedIndex, lastIncludedTerm } = snapshot ?? stored;
  const end = Math.max(stored.lastIndex, lastIncludedIndex);
  if (log !== undefined && !(log.firstIndex > lastIncludedIndex && log.firstIndex <= end + 1)) {
    throw refusal(
      `entries from index ${log.firstIndex} on`,
      log.firstIndex <= lastIncludedIndex
        ? `the snapshot covers the indexes up to ${lastIncludedIndex}`
        : `the log ends at index ${end}, and a gap would be left`,
    );
  }
  const keptEnd = log === undefined ? stored.lastIndex : log.firstIndex - 1;
  let lastTerm = lastIncludedTerm;
  if (keptEnd > lastIncludedIndex) {
    // Without a new snapshot the first entry was compared before; to look it up takes a step for each term after it.
    if (snapshot !== undefined) checkTerm(stored.termAt(lastIncludedIndex + 1), lastTerm);
    lastTerm = stored.termAt(keptEnd);
  }
  for (const { term } of log?.entries ?? []) {
    checkTerm(term, lastTerm);
    lastTerm = term;
  }
  const { currentTerm } = hardState ?? stored.hardState;
  // Would be found only when it is read back.
  assert(
    Number.isSafeInteger(end) && Number.isSafeInteger(log?.firstIndex ?? 1),
    () => `indexes must be integers; got a log up to ${end}, and entries from ${log?.firstIndex} on`,
  );
  assert(
    Number.isSafeInteger(lastTerm) && Number.isSafeInteger(currentTerm) && lastIncludedTerm >= 0,
    () =>
      `terms must be integers, 0 or more; got ${lastIncludedTerm}, ${lastTerm} and currentTerm ${currentTerm}`,
  );
  if (lastTerm > currentTerm) {
    throw refusal(`an entry or a snapshot of term ${lastTerm}`, `currentTerm is ${currentTerm}`);
  }
}

function checkTerm(term: Term, previous: Term): void {
  if (term < previous) throw refusal(`an entry of term ${term} after term ${previous}`, 'terms never fall');
}

function refusal(what: string, why: string): BatchError {
  return new BatchError(`The storage cannot take ${what}: ${why}.`);
}
