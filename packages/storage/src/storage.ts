// What Raft asks of stable storage. The lab's Persister is one implementation, a write-ahead log on files is another.
import type { HardState, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';

/**
 * One atomic change: a restart after a crash finds all of it or nothing of it. Its parts take effect in the order of the
 * fields. A batch must fit what is stored: no gap in the log, no entry that a snapshot covers, no snapshot older than the
 * stored one, no term that is lower than the term before it.
 */
export interface WriteBatch {
  /** Replaces currentTerm and votedFor. */
  readonly hardState?: HardState;
  /** Replaces the snapshot, and drops the log entries up to its lastIncludedIndex; later entries stay. */
  readonly snapshot?: Snapshot;
  /** Drops the log from firstIndex on and puts the entries there. firstIndex is at most one past the log's end. */
  readonly log?: { readonly firstIndex: LogIndex; readonly entries: readonly LogEntry[] };
}

/** Everything that a server finds when it starts. */
export interface StoredState {
  /** Term 0 without a vote when no batch had one. */
  readonly hardState: HardState;
  /** Undefined when none was ever written. */
  readonly snapshot: Snapshot | undefined;
  /** The entries after the snapshot; from index 1 without one. */
  readonly entries: readonly LogEntry[];
}

/**
 * Stable storage of one server. One peer uses it at a time, from `load` to `close`.
 *
 * Ownership of bytes and arrays: a batch is lent for the time of the write. Until `write` has returned (or its promise has
 * settled) the caller changes no object, array or byte of it, and the storage reads it; the storage never changes it. After
 * that the caller may reuse all of it, because the storage has kept nothing. What `load` returns belongs to the caller: it
 * may keep and change it, and the storage does not.
 */
export interface Storage {
  /**
   * Everything that is durable; undefined when no batch with a part was ever written (first boot). Throws, or rejects with,
   * CorruptStateError when it cannot be read: a storage never guesses, and never takes damage for an empty storage.
   */
  load(): StoredState | undefined | Promise<StoredState | undefined>;
  /**
   * Makes the batch durable: returns, or resolves, once it is. Writes take effect in the order of the calls, also when
   * the caller does not wait in between. A write that fails throws or rejects, and makes the storage unusable: whether its
   * batch is stored is unknown until the next `load` after a restart, and every later write fails with UnusableError.
   */
  write(batch: WriteBatch): void | Promise<void>;
  /**
   * Optional. Stores the bytes of a snapshot ahead of the write with it, whose `data` is this array: that write is then short, and so
   * are writes that wait for it. Has no effect on what `load` returns. The bytes are lent until the write has ended, or until another
   * snapshot is stored. A failure makes the storage unusable, as that of a write does.
   */
  stage?(data: Uint8Array): Promise<void>;
  /**
   * Ends the use of the storage: resolves once every load and write that has begun is settled and everything that the
   * storage holds open is released. A write that failed before is not an error here. From the call on, `load` and `write`
   * fail with UnusableError. A second call has no further effect, and resolves as the first.
   */
  close(): Promise<void>;
}
