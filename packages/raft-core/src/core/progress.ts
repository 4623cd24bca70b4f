// The state of replication to one follower: the leader's nextIndex and matchIndex, and what is in flight. As in etcd's raft a
// follower is probed until one AppendEntries matches; then messages follow each other without waiting, or a snapshot is sent.
import type { LogIndex, Snapshot, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { abandon, drop, shrink, startFlow, type FlowWindow, type InFlight } from './flow-window.ts';
import type { RaftLog } from './log.ts';

/** A leader's knowledge of one follower. Times are in ms on the leader's clock. */
export interface Progress extends FlowWindow {
  /** Index of the next entry to send. Figure 2. Invariant: nextIndex > matchIndex. */
  nextIndex: LogIndex;
  /** Highest entry known to be replicated there. Figure 2. Never falls within a leadership. */
  matchIndex: LogIndex;
  /**
   * - probe: where the logs agree is unknown; one AppendEntries with entries at a time.
   * - replicate: entries follow each other without waiting, and nextIndex runs ahead of matchIndex.
   * - snapshot: the entries it needs are gone; a snapshot is under way.
   * - lost-log: the follower no longer has what it acknowledged. It gets heartbeats only, and counts neither for a commit
   *   nor for the majority that a leader must hear, until it proves that it has all of it again.
   */
  mode: 'probe' | 'replicate' | 'snapshot' | 'lost-log';
  /** In probe: the prevLogIndex whose entry is compared. */
  probeIndex: LogIndex;
  /** In snapshot: what is sent, and how far it got. */
  transfer: SnapshotTransfer | undefined;
  /** The highest commit index that the follower was told in a message that may count on arriving. */
  commitSent: LogIndex;
  /** A heartbeat is sent at this time even when there is nothing new. */
  dueAt: number;
  /** How long the retry after the next failed message waits, in ms. Doubles up to the heartbeat interval. */
  retryDelayMs: number;
  /** When the follower last answered anything in this term; the leader steps down when a majority is silent too long. */
  lastHeardAt: number;
  /** Counts the messages to this follower in this term: it is their round, and names one in `unreachable`. */
  ticket: number;
  /** When the message with this ticket left. */
  sentAt: number;
  /** The highest round that was answered. */
  answeredRound: number;
  /** The highest round that was reported lost. While it is not below answeredRound, the follower gets heartbeats only. */
  failedRound: number;
  /** The round of the last message that left behind those in flight: if they are lost, its answer shows it. */
  askedRound: number;
  /** The ticket when the leader last changed what it sends: a refusal of that round or an earlier one is out of date. */
  courseRound: number;
  /** The probeIndex after the last refusal, -1 after an acknowledgement of something new: from there on nothing is repeated at once. */
  repeatedIndex: LogIndex;
  /** The ticket when matchIndex last rose: whatever left later was sent to a follower that had all of it. */
  matchRound: number;
}

/** A snapshot on its way to a follower, in chunks (Figure 13). It stays the same while the leader compacts its log further. */
export interface SnapshotTransfer {
  readonly snapshot: Snapshot;
  /** The first byte that was not sent yet. */
  nextOffset: number;
  /** The first byte that the follower is not known to have. */
  storedOffset: number;
  /** The ticket when storedOffset last rose. */
  storedRound: number;
  /** Chunks that got lost; they leave before the next one. At most as many as may be in flight. */
  missing: Chunk[];
}

/** The bytes of a snapshot from `start` to before `end`. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** The first wait after a failed call, in ms: about a round trip of the lab's unreliable network. */
export const firstRetryDelayMs = 10;

/** What a new leader knows of a follower: nothing but where to probe first (Figure 2, volatile state on leaders). */
export function startProgress(nextIndex: LogIndex, now: number): Progress {
  assert(nextIndex >= 1, () => `nextIndex ${nextIndex}: the first entry has index 1`);
  return {
    ...startFlow(now),
    nextIndex,
    matchIndex: 0,
    mode: 'probe',
    probeIndex: nextIndex - 1,
    transfer: undefined,
    commitSent: 0,
    dueAt: now,
    retryDelayMs: firstRetryDelayMs,
    lastHeardAt: now,
    ticket: 0,
    sentAt: now,
    answeredRound: 0,
    failedRound: 0,
    askedRound: 0,
    courseRound: 0,
    matchRound: 0,
    repeatedIndex: -1,
  };
}

/** A copy that changes independently. */
export function cloneProgress(progress: Progress): Progress {
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
  const { inflight, transfer } = progress;
  return {
    ...progress,
    inflight: [...inflight],
    transfer: transfer && { ...transfer, missing: [...transfer.missing] },
  };
}

/** Whether the follower has answered something that left after the last message that was reported lost. */
export function isReachable({ answeredRound, failedRound }: Progress): boolean {
  assert(failedRound >= 0 && answeredRound >= 0, 'a round is negative');
  return failedRound <= answeredRound;
}

/** Goes back to finding out where the logs agree, beginning at `nextIndex`; the first probe leaves at `dueAt`. */
export function becomeProbe(progress: Progress, nextIndex: LogIndex, dueAt: number): void {
  startCourse(progress, 'probe', Math.max(nextIndex, progress.matchIndex + 1));
  assert(!Number.isNaN(dueAt), 'the time of the next probe is not a number');
  progress.probeIndex = progress.nextIndex - 1;
  progress.commitSent = 0;
  progress.dueAt = dueAt;
}

/** The logs agree up to matchIndex, and no message is in flight: entries follow each other from there on. */
export function becomeReplicate(progress: Progress): void {
  startCourse(progress, 'replicate', progress.matchIndex + 1);
  progress.commitSent = 0;
}

/** The entries that it needs are discarded: the snapshot leaves, from its first byte on (§7). */
export function becomeSnapshot(progress: Progress, snapshot: Snapshot): void {
  assert(snapshot.lastIncludedIndex > progress.matchIndex, 'the follower has all that the snapshot covers');
  startCourse(progress, 'snapshot', Math.max(progress.nextIndex, progress.matchIndex + 1));
  progress.transfer = { snapshot, nextOffset: 0, storedOffset: 0, storedRound: progress.ticket, missing: [] };
}

/** The follower has lost entries that it acknowledged, and so broke what the leader relied on (Figure 2, persistent state). */
export function becomeLostLog(progress: Progress): void {
  assert(progress.matchIndex > 0, 'the follower has acknowledged nothing');
  startCourse(progress, 'lost-log', progress.matchIndex + 1);
}

function startCourse(progress: Progress, mode: Progress['mode'], nextIndex: LogIndex): void {
  progress.mode = mode;
  progress.nextIndex = nextIndex;
  progress.transfer = undefined;
  progress.courseRound = progress.ticket;
  abandon(progress);
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
}

/** What is in flight is lost: it is sent again, in time. The course stays the same, as far as it is known where the logs agree. */
export function resend(progress: Progress, dueAt: number): void {
  assert(!Number.isNaN(dueAt), 'the time of the next message is not a number');
  const { mode, transfer } = progress;
  if (mode === 'replicate') {
    becomeProbe(progress, progress.matchIndex + 1, dueAt);
    return;
  }
  if (mode === 'probe') progress.nextIndex = progress.probeIndex + 1;
  if (transfer !== undefined) resumeTransfer(progress, transfer, transfer.storedOffset);
  abandon(progress);
  progress.dueAt = dueAt;
}

/**
 * The message of this round is lost. While entries or chunks follow each other, those that left before it may still arrive, and only
 * what follows them is sent again: a queue that loses what it has no room for holds one copy of each, and then less is put into it.
 */
export function loseFrom(progress: Progress, round: number, dueAt: number): void {
  const { mode, inflight, transfer } = progress;
  const before = inflight.filter((message) => message.round < round);
  const last = before.at(-1);
  const lost = inflight.slice(before.length);
  if (mode === 'probe' || last === undefined || lost.length === 0) {
    resend(progress, dueAt);
    return;
  }
  for (const message of lost) {
    if (transfer === undefined) drop(progress, message.round);
    else loseChunk(progress, transfer, message);
  }
  assert(last.end >= progress.matchIndex || transfer !== undefined, 'what is in flight is not acknowledged');
  if (transfer === undefined) progress.nextIndex = last.end + 1;
  shrink(progress);
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
}

/** Sends the snapshot from `offset` on, whatever was sent before. */
export function resumeTransfer(progress: Progress, transfer: SnapshotTransfer, offset: number): void {
  assert(progress.transfer === transfer, 'the transfer is the one under way');
  assert(offset <= transfer.snapshot.data.length, () => `offset ${offset} is after the end of the snapshot`);
  transfer.nextOffset = offset;
  transfer.storedOffset = offset;
  transfer.storedRound = progress.ticket;
  transfer.missing = [];
  progress.courseRound = progress.ticket;
  abandon(progress);
}

/** A chunk in flight got lost: it alone is sent again. */
export function loseChunk(
  progress: Progress,
  transfer: SnapshotTransfer,
  { round, end, sizeBytes }: InFlight,
): void {
  assert(progress.transfer === transfer, 'the transfer is the one under way');
  drop(progress, round);
  assert(end - sizeBytes >= 0 && end <= transfer.snapshot.data.length, () => `a chunk up to ${end} was lost`);
  transfer.missing.push({ start: end - sizeBytes, end });
}

/** Notes that the follower's log equals the leader's up to `matchIndex`. Returns whether that is more than was known. */
export function raiseMatchIndex(progress: Progress, matchIndex: LogIndex): boolean {
  assert(matchIndex >= 0, () => `matchIndex ${matchIndex}`);
  const before = progress.matchIndex;
  progress.matchIndex = Math.max(progress.matchIndex, matchIndex);
  progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
  const isNew = progress.matchIndex > before;
  if (isNew) {
    progress.matchRound = progress.ticket;
    progress.repeatedIndex = -1;
  }
  assert(progress.matchIndex >= before, 'matchIndex fell');
  assert(progress.nextIndex > progress.matchIndex, 'nextIndex is behind matchIndex');
  return isNew;
}

/**
 * What a heartbeat compares: an entry that the follower must have, whatever of the messages in flight has arrived, so that the
 * heartbeat may overtake them. Index 0 when the term of that entry is no longer known.
 */
export function heartbeatBase(
  { mode, probeIndex, matchIndex }: Progress,
  log: RaftLog,
): { readonly index: LogIndex; readonly term: Term } {
  const index = mode === 'probe' ? probeIndex : matchIndex;
  const term = log.termAt(index);
  return term === undefined ? { index: 0, term: 0 } : { index, term };
}
