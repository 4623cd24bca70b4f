// The messages of a leader: AppendEntries, heartbeats and snapshots. They leave at the end of a turn, so that the proposals,
// commits and acknowledgements of one turn share one message for each follower.
import {
  payloadOf,
  type AppendEntriesArgs,
  type InstallSnapshotArgs,
  type LogEntry,
  type LogIndex,
  type ServerId,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { becomeProbe, becomeSnapshot, type Progress } from './progress.ts';
import type { Leader } from './state.ts';
import type { Turn } from './turn.ts';

/** An unanswered snapshot is sent again after this many heartbeats, then after twice as many, up to the bound. */
const leastPatienceHeartbeats = 2;
const mostPatienceHeartbeats = 32;

/**
 * Sends every follower what it needs now, in one message each. If more remains, the next `wakeAt` is due at once and the rest
 * leaves at the end of the next turn, so that a turn stays short.
 */
export function sendDue(turn: Turn, leader: Leader): void {
  assert(turn.state.standing === leader, 'only the present leader sends');
  for (const [to, progress] of leader.progress) {
    if (turn.now >= nextSendAt(turn, progress)) sendNext(turn, to, progress);
  }
}

/** When the next message to this follower leaves: at once (-Infinity) when there is something new to say. */
export function nextSendAt({ state, config }: Pick<Turn, 'state' | 'config'>, progress: Progress): number {
  if (progress.mode === 'snapshot') return Math.min(progress.dueAt, progress.snapshotDueAt);
  if (progress.mode === 'probe' || progress.inflight.length >= config.maxInflightMessages)
    return progress.dueAt;
  const hasEntries = progress.nextIndex <= state.log.lastIndex;
  const hasCommit = progress.commitSent < Math.min(state.commitIndex, progress.nextIndex - 1);
  return hasEntries || hasCommit ? -Infinity : progress.dueAt;
}

function sendNext(turn: Turn, to: ServerId, progress: Progress): void {
  const { state, now, config } = turn;
  assert(to !== state.me, 'a server sends itself no message');
  if (now >= progress.dueAt && progress.mode === 'replicate') {
    // A heartbeat interval has passed without a reply to the messages in flight: they may be lost.
    if (progress.inflight.length > 0 && !progress.heardFrom)
      becomeProbe(progress, progress.matchIndex + 1, now);
    progress.heardFrom = false;
  }
  const isCompacted = progress.nextIndex <= state.log.lastIncludedIndex;
  if (isCompacted && progress.mode !== 'snapshot') becomeSnapshot(progress, now);
  if (progress.mode === 'snapshot') {
    if (now >= progress.snapshotDueAt) sendSnapshot(turn, to, progress);
    // While a snapshot is under way, heartbeats go on beside it.
    if (now >= progress.dueAt) sendAppendEntries(turn, to, progress, state.log.lastIncludedIndex, []);
    return;
  }
  const entries = nextEntries(turn, progress);
  const prevLogIndex = progress.nextIndex - 1;
  sendAppendEntries(turn, to, progress, prevLogIndex, entries);
  progress.commitSent = Math.min(state.commitIndex, prevLogIndex + entries.length);
  assert(progress.commitSent <= state.commitIndex, 'a follower hears of a commit that did not happen');
  if (progress.mode === 'probe' || entries.length === 0) return;
  if (progress.inflight.length === 0) progress.heardFrom = false;
  progress.nextIndex += entries.length;
  progress.inflight.push(progress.nextIndex - 1);
  assert(progress.inflight.length <= config.maxInflightMessages, 'the window of messages in flight is kept');
}

function sendAppendEntries(
  turn: Turn,
  to: ServerId,
  progress: Progress,
  prevLogIndex: LogIndex,
  entries: readonly LogEntry[],
): void {
  const { state, now, config } = turn;
  const prevLogTerm = state.log.termAt(prevLogIndex);
  assert(prevLogTerm !== undefined, () => `the term at ${prevLogIndex} is unknown: ${state.log.describe()}`);
  assert(entries.length <= config.maxEntriesPerMessage, 'a message has more entries than it may carry');
  const args: AppendEntriesArgs = {
    term: state.currentTerm,
    leaderId: state.me,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: state.commitIndex,
  };
  progress.ticket += 1;
  progress.dueAt = now + config.heartbeatIntervalMs;
  assert(progress.dueAt > now, 'the next heartbeat would leave at once');
  turn.send.push({ to, message: { kind: 'appendEntries', args }, ticket: progress.ticket });
}

/** As many entries from nextIndex on as one message may carry; at least one when there is one and the window is open. */
function nextEntries({ state, config }: Turn, progress: Progress): readonly LogEntry[] {
  const { log } = state;
  if (progress.inflight.length >= config.maxInflightMessages) return [];
  const lastIndex = Math.min(log.lastIndex, progress.nextIndex + config.maxEntriesPerMessage - 1);
  let end = progress.nextIndex;
  let sizeBytes = 0;
  while (end <= lastIndex) {
    const entry = log.entryAt(end);
    assert(entry !== undefined, () => `entry ${end} is missing: ${log.describe()}`);
    sizeBytes += payloadOf(entry).length;
    if (sizeBytes > config.maxBytesPerMessage && end > progress.nextIndex) break;
    end += 1;
  }
  return end === progress.nextIndex ? [] : log.slice(progress.nextIndex, end - 1);
}

/** Sends the snapshot, and again when it stays unanswered: a transport may need seconds to report a lost call. */
function sendSnapshot(turn: Turn, to: ServerId, progress: Progress): void {
  const { state, now, config } = turn;
  const { snapshot } = state.log;
  assert(snapshot !== undefined, 'entries are only discarded behind a snapshot');
  assert(progress.mode === 'snapshot', () => `a snapshot in mode ${progress.mode}`);
  const leastMs = leastPatienceHeartbeats * config.heartbeatIntervalMs;
  const mostMs = mostPatienceHeartbeats * config.heartbeatIntervalMs;
  progress.snapshotPatienceMs = Math.min(Math.max(progress.snapshotPatienceMs * 2, leastMs), mostMs);
  progress.snapshotDueAt = now + progress.snapshotPatienceMs;
  assert(progress.snapshotDueAt > now, 'the next copy of the snapshot would leave at once');
  progress.ticket += 1;
  progress.snapshotTicket = progress.ticket;
  assert(snapshot.lastIncludedIndex === state.log.lastIncludedIndex, 'the snapshot is that of the log');
  const args: InstallSnapshotArgs = { term: state.currentTerm, leaderId: state.me, ...snapshot };
  turn.send.push({ to, message: { kind: 'installSnapshot', args }, ticket: progress.ticket });
}
