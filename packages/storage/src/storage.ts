// What Raft asks of stable storage. The lab's Persister is one implementation; a disk is another.
import type { HardState, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';

/** One atomic change: after a crash all of it is found, or nothing of it. Its parts take effect in this order. */
export interface WriteBatch {
  /** Replaces currentTerm and votedFor. */
  readonly hardState?: HardState;
  /** Replaces the snapshot, and drops the log entries up to its lastIncludedIndex; later entries stay. */
  readonly snapshot?: Snapshot;
  /** Drops the log from firstIndex on and puts the entries there. firstIndex is at most one past the log's end. */
  readonly log?: { readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] };
}

/** All that a server finds when it starts. */
export interface StoredState {
  readonly hardState: HardState;
  /** Undefined when none was ever written. */
  readonly snapshot: Snapshot | undefined;
  /** The entries after the snapshot, or from index 1. */
  readonly entries: readonly LogEntry[];
}

export interface Storage {
  /** Everything that is durable; undefined on first boot. Throws (or rejects) with CorruptStateError, never guesses. */
  load(): StoredState | undefined | Promise<StoredState | undefined>;
  /**
   * Makes the batch durable: returns, or resolves, once it is. Writes take effect in the order of the calls. A write
   * that throws or rejects leaves the storage unusable: the caller must stop.
   */
  write(batch: WriteBatch): void | Promise<void>;
}

/** What was read back is not what was written: truncated, altered, or from a format that this version does not know. */
export class CorruptStateError extends Error {
  override readonly name: string = 'CorruptStateError';
}
