// When a replicated state machine takes a snapshot: by the size of what its peer has persisted.
import { assert } from '@raftlab/runtime/assert';

/** The bound on the persisted log, and where its size is read. */
export interface SnapshotPolicy {
  /** A snapshot is taken when the persisted Raft state is this long, in bytes: the lab's `maxraftstate`. Positive. */
  readonly maxStateBytes: number;
  /** The size of the persisted Raft state without its snapshot, in bytes, at this moment. Must cost little: it is called often. */
  readonly stateSizeBytes: () => number;
}

/** What an entry takes in the persisted state beside its command: its term, its length, its share of the frame. In bytes. */
const entryOverheadBytes = 8;

/** Decides after each entry. */
export class SnapshotTrigger {
  readonly #policy: SnapshotPolicy | undefined;
  /** What a snapshot now would remove from the log, about, in bytes. */
  #removableBytes = 0;

  /** Without a policy no snapshot is ever due. */
  constructor(policy: SnapshotPolicy | undefined) {
    if (policy !== undefined && !(policy.maxStateBytes > 0))
      throw new RangeError(
        `maxStateBytes must be positive, got ${policy.maxStateBytes}; leave the policy out to take no snapshots.`,
      );
    this.#policy = policy;
  }

  /**
   * An entry of this length was applied. Whether a snapshot is due: the state is too long, and a good part of it can go. The
   * second condition prevents a snapshot after each entry while a long log waits to be applied.
   */
  isDueAfter(commandBytes: number): boolean {
    assert(commandBytes >= 0, () => `a command of ${commandBytes} bytes`);
    if (this.#policy === undefined) return false;
    const { maxStateBytes, stateSizeBytes } = this.#policy;
    this.#removableBytes += commandBytes + entryOverheadBytes;
    return this.#removableBytes * 2 >= maxStateBytes && stateSizeBytes() >= maxStateBytes;
  }

  /** A snapshot of the present state was taken, or has arrived. */
  onSnapshot(): void {
    this.#removableBytes = 0;
  }
}
