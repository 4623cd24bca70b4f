// The bounds on the input of a peer. Input over a bound is refused in a way that Raft always allows: a proposal is refused with a
// reason, and an AppendEntries is treated as a heartbeat.
import { payloadOf, type LogIndex, type Message, type Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { RaftConfig } from './core/config.ts';
import type { RaftLog } from './core/log.ts';
import type { RaftState } from './core/state.ts';
import type { RefusalReason } from './start-result.ts';

/** A number of log entries, and the bytes of their commands. */
export interface Amount {
  readonly entries: number;
  readonly bytes: number;
}

/** Whether so much is committed but not taken by the service that no entries may be added. */
export function isServiceBehind({ entries, bytes }: Amount, config: RaftConfig): boolean {
  assert(config.maxUnappliedEntries > 0 && config.maxUnappliedBytes > 0, 'a bound of 0 admits nothing');
  return entries >= config.maxUnappliedEntries || bytes >= config.maxUnappliedBytes;
}

/**
 * The message as a heartbeat, which its leader could have sent instead: with the same previous entry, without entries. The reply
 * acknowledges the log up to there, so the leader sends the entries again.
 */
export function withoutEntries(message: Message): Message {
  if (message.kind !== 'appendEntries') return message;
  return { kind: 'appendEntries', args: { ...message.args, entries: [] } };
}

/** The command bytes of the entries between two indexes, both included. The cost is proportional to their number. */
function sizeBytesOf(log: RaftLog, firstIndex: LogIndex, lastIndex: LogIndex): number {
  assert(firstIndex > log.lastIncludedIndex, () => `entry ${firstIndex} is compacted: ${log.describe()}`);
  let sizeBytes = 0;
  for (let index = firstIndex; index <= lastIndex; index += 1) {
    const entry = log.entryAt(index);
    assert(entry !== undefined, () => `entry ${index} is missing: ${log.describe()}`);
    sizeBytes += payloadOf(entry).length;
  }
  return sizeBytes;
}

/** The entries of a log that are not known to be committed. The cost is proportional to their number. */
export function uncommittedOf({ log, commitIndex }: RaftState): Amount {
  assert(commitIndex <= log.lastIndex, () => `${commitIndex} is committed: ${log.describe()}`);
  return {
    entries: log.lastIndex - commitIndex,
    bytes: sizeBytesOf(log, commitIndex + 1, log.lastIndex),
  };
}

/** The progress of the service, as far as a proposal depends on it. */
export interface ServiceProgress {
  /** Committed entries that the service has not taken. */
  readonly waiting: Amount;
  /** The command bytes of all entries that were committed here since the peer was made. */
  readonly committedBytes: number;
}

/** Decides whether a leader accepts a command, without adding up the uncommitted entries each time. */
export class ProposalGate {
  readonly #config: RaftConfig;
  #term: Term = 0;
  /** In `#term`: the committed and the uncommitted bytes together. */
  #logBytes = 0;

  constructor(config: RaftConfig) {
    this.#config = config;
  }

  /** Why the leader with this state refuses a command of `sizeBytes` now; undefined if it accepts it, and appends it next. */
  admit(
    state: RaftState,
    { waiting, committedBytes }: ServiceProgress,
    sizeBytes: number,
  ): RefusalReason | undefined {
    const { standing, log, commitIndex, currentTerm } = state;
    assert(standing.role === 'leader', 'only a leader takes proposals');
    assert(sizeBytes >= 0, 'a command has a size');
    assert(currentTerm >= this.#term, 'terms do not fall');
    if (this.#term !== currentTerm) {
      this.#term = currentTerm;
      this.#logBytes = committedBytes + uncommittedOf(state).bytes;
    }
    const uncommittedBytes = this.#logBytes - committedBytes;
    assert(uncommittedBytes >= 0, () => `${uncommittedBytes} bytes are uncommitted`);
    const entries = log.lastIndex - commitIndex;
    // Without an uncommitted entry of its own term a leader commits nothing (§5.4.2): it accepts one, regardless of the entries of
    // earlier terms.
    const mayBeFull = entries > 0 && log.lastTerm === currentTerm;
    const { maxUncommittedEntries, maxUncommittedBytes } = this.#config;
    const isFull = entries >= maxUncommittedEntries || uncommittedBytes + sizeBytes > maxUncommittedBytes;
    if (isServiceBehind(waiting, this.#config) || (mayBeFull && isFull)) return 'busy';
    this.#logBytes += sizeBytes;
    return undefined;
  }
}
