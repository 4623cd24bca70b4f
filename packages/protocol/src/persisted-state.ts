// The state that a server must find again after a crash: Figure 2's persistent state and Figure 13's snapshot.
import { z } from 'zod';
import type { Codec } from '@raftlab/rpc';
import { entryTupleCodec, joinTuple, type TupleHead } from './entry-tuple.ts';
import { logEntriesSchema, type LogEntry, type Term } from './log-entry.ts';
import type { LogIndex } from './messages.ts';
import { serverIdSchema } from './server-id.ts';

/** The schema of the hard state: currentTerm and votedFor. */
export const hardStateSchema = z.strictObject({
  /** Latest term the server has seen; 0 at the first start. */
  currentTerm: z.int().min(0),
  /** Candidate that got this server's vote in currentTerm, or null. */
  votedFor: serverIdSchema.nullable(),
});
/** Figure 2's `currentTerm` and `votedFor`, which change together. */
export type HardState = z.infer<typeof hardStateSchema>;

/** A service's state after every entry up to `lastIncludedIndex` (Figure 13). */
export interface Snapshot {
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term;
  readonly data: Uint8Array;
  /**
   * Reserved for membership changes: the content of the latest configuration entry up to `lastIncludedIndex` (thesis 4.1), as
   * membershipCodec encodes it. Absent: no entry has changed the members with which the peer was made. raft-core never writes
   * one and rejects one; a storage keeps it or rejects it.
   */
  readonly configuration?: Uint8Array;
}

/** The persistent state without the snapshot's data; `entries` begin at lastIncludedIndex + 1. */
export const raftStateSchema = z
  .strictObject({
    hardState: hardStateSchema,
    lastIncludedIndex: z.int().min(0),
    lastIncludedTerm: z.int().min(0),
    entries: logEntriesSchema,
  })
  .refine(termsNeverFall, 'the terms of the entries decrease, or exceed currentTerm');
/** The persistent state of Figure 2, with the end of the snapshot and without its data. */
export type RaftState = z.infer<typeof raftStateSchema>;

function termsNeverFall(state: {
  hardState: HardState;
  lastIncludedTerm: Term;
  entries: readonly LogEntry[];
}): boolean {
  let previous = state.lastIncludedTerm;
  for (const { term } of state.entries) {
    if (term < previous) return false;
    previous = term;
  }
  return previous <= state.hardState.currentTerm;
}

/** The codec of the persistent state. */
export const raftStateCodec: Codec<RaftState> = entryTupleCodec('RaftState', raftStateSchema, {
  headLength: 4,
  headOf,
  entriesOf: ({ entries }) => entries,
  join: ([currentTerm, votedFor, lastIncludedIndex, lastIncludedTerm], entries) => ({
    hardState: { currentTerm, votedFor },
    lastIncludedIndex,
    lastIncludedTerm,
    entries,
  }),
});

/** The bytes of raftStateCodec, for entries that `writeEntry` wrote earlier: `parts` contain all of them. */
export function joinRaftState(
  state: Omit<RaftState, 'entries'>,
  entries: { readonly entryCount: number; readonly parts: readonly Uint8Array[] },
): Uint8Array {
  return joinTuple(headOf(state), entries);
}

function headOf({ hardState, lastIncludedIndex, lastIncludedTerm }: Omit<RaftState, 'entries'>): TupleHead {
  return [hardState.currentTerm, hardState.votedFor, lastIncludedIndex, lastIncludedTerm];
}
