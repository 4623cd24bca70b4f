// The state of replication to one follower: the leader's nextIndex and matchIndex, and what is in flight. As in etcd's raft a
// follower is probed until one AppendEntries matches; then messages follow each other without waiting, or a snapshot is sent.
import type { LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/** A leader's knowledge of one follower. Times are in ms on the leader's clock. */
export interface Progress {
  /** Index of the next entry to send. Figure 2. Invariant: nextIndex > matchIndex. */
  nextIndex: LogIndex;
  /** Highest entry known to be replicated there. Figure 2. Never falls within a leadership. */
  matchIndex: LogIndex;
  /**
   * probe: where the logs agree is unknown; one AppendEntries at a time. replicate: entries follow each other without
   * waiting, and nextIndex runs ahead of matchIndex. snapshot: the entries it needs are gone; a snapshot is under way.
   */
  mode: 'probe' | 'replicate' | 'snapshot';
  /** In replicate: the last index of each AppendEntries with entries that was not yet acknowledged, oldest first. */
  inflight: LogIndex[];
  /** The highest commit index that the follower was told in a message that may count on arriving. */
  commitSent: LogIndex;
  /** Something is sent at this time even when there is nothing new: a heartbeat, or the next probe. */
  dueAt: number;
  /** In snapshot: when the InstallSnapshot is sent (again). */
  snapshotDueAt: number;
  /** How long the retry after the next failed call waits, in ms. Doubles up to the heartbeat interval. */
  retryDelayMs: number;
  /** In snapshot: how long an InstallSnapshot may stay unanswered before it is sent again, in ms. Doubles likewise. */
  snapshotPatienceMs: number;
  /** In snapshot: the ticket of the last InstallSnapshot. */
  snapshotTicket: number;
  /** Whether the follower answered anything since the last heartbeat or since the first message in flight. */
  heardFrom: boolean;
  /** When the follower last answered anything in this term; the leader steps down when a majority is silent too long. */
  lastHeardAt: number;
  /** Counts the messages to this follower: `unreachable` names the one that failed, and only the latest matters. */
  ticket: number;
}

/** The first wait after a failed call, in ms: about a round trip of the lab's unreliable network. */
export const firstRetryDelayMs = 10;

/** What a new leader knows of a follower: nothing but where to probe first (Figure 2, volatile state on leaders). */
export function startProgress(nextIndex: LogIndex, now: number): Progress {
  assert(nextIndex >= 1, () => `nextIndex ${nextIndex}: the first entry has index 1`);
  return {
    nextIndex,
    matchIndex: 0,
    mode: 'probe',
    inflight: [],
    commitSent: 0,
    dueAt: now,
    snapshotDueAt: now,
    retryDelayMs: firstRetryDelayMs,
    snapshotPatienceMs: 0,
    snapshotTicket: 0,
    heardFrom: true,
    lastHeardAt: now,
    ticket: 0,
  };
}

/** Goes back to finding out where the logs agree, beginning at `nextIndex`; the first probe leaves at `dueAt`. */
export function becomeProbe(progress: Progress, nextIndex: LogIndex, dueAt: number): void {
  progress.mode = 'probe';
  progress.nextIndex = Math.max(nextIndex, progress.matchIndex + 1);
  progress.inflight = [];
  progress.commitSent = 0;
  progress.dueAt = dueAt;
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
}

/** The entries that it needs are discarded: a snapshot leaves at once (§7). */
export function becomeSnapshot(progress: Progress, now: number): void {
  assert(progress.mode !== 'snapshot', 'a snapshot is already in flight to this follower');
  progress.mode = 'snapshot';
  progress.inflight = [];
  progress.snapshotDueAt = now;
  progress.snapshotPatienceMs = 0;
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
}

/** Notes that the follower's log equals the leader's up to `matchIndex`. */
export function acknowledge(progress: Progress, matchIndex: LogIndex): void {
  const before = progress.matchIndex;
  progress.matchIndex = Math.max(progress.matchIndex, matchIndex);
  progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
  const { inflight } = progress;
  let acknowledged = 0;
  while (acknowledged < inflight.length && (inflight[acknowledged] ?? 0) <= progress.matchIndex)
    acknowledged += 1;
  if (acknowledged > 0) inflight.splice(0, acknowledged);
  assert(progress.matchIndex >= before, 'matchIndex fell');
  assert((inflight[0] ?? Infinity) > progress.matchIndex, 'an acknowledged message is still in flight');
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
}
