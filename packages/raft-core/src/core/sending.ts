// The messages of a leader: AppendEntries, heartbeats and snapshots. They leave at the end of a turn, so that the proposals,
// commits and acknowledgements of one turn share one message for each follower. Nothing is sent again because an answer is
// late: only a reported loss, or an answer to a later message, shows that a message was lost.
import {
  payloadOf,
  type AppendEntriesArgs,
  type InstallSnapshotArgs,
  type LogEntry,
  type LogIndex,
  type ServerId,
  type Term,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { isOpen, launch, messageBytesMax, overdueAfterMs } from './flow-window.ts';
import {
  becomeSnapshot,
  heartbeatBase,
  isReachable,
  type Chunk,
  type Progress,
  type SnapshotTransfer,
} from './progress.ts';
import type { Leader } from './state.ts';
import type { Turn } from './turn.ts';

type Sender = Pick<Turn, 'state' | 'config' | 'now'>;

/**
 * Sends every follower what it needs now: one message with entries or a chunk, and a heartbeat if one is due. If more
 * remains, the next `wakeAt` is due at once and the rest leaves at the end of the next turn, so that a turn stays short.
 */
export function sendDue(turn: Turn, leader: Leader): void {
  assert(turn.state.standing === leader, 'only the present leader sends');
  for (const [to, progress] of leader.progress) {
    if (turn.now >= nextSendAt(turn, progress)) sendNext(turn, to, progress);
  }
}

/** When the next message to this follower leaves: at once (-Infinity) when there is something new to say. */
export function nextSendAt(sender: Sender, progress: Progress): number {
  return hasNews(sender, progress) ? -Infinity : progress.dueAt;
}

/** Whether the follower may be sent more than heartbeats: nothing suggests that it is down. */
function mayReceive(sender: Sender, progress: Progress): boolean {
  return isReachable(progress) && !isSilent(sender, progress);
}

/** Whether there is something that the follower was not sent yet, and that may leave. */
function hasNews(sender: Sender, progress: Progress): boolean {
  const { state, config } = sender;
  if (!mayReceive(sender, progress)) return false;
  switch (progress.mode) {
    case 'lost-log':
      return false;
    case 'probe':
      return needsSnapshot(sender, progress);
    case 'snapshot':
      return mayChunkLeave(progress, config) || isOverdue(sender, progress);
    case 'replicate':
      if (isOverdue(sender, progress)) return true;
      if (!isOpen(progress, config)) return false;
      return progress.nextIndex <= state.log.lastIndex || hasCommit({ state }, progress);
  }
}

/**
 * Whether the oldest message in flight should have been answered, since the follower has answered what left later: the message is
 * lost, or waits in a queue that heartbeats overtake. A message that is sent behind it tells which, so it is sent once for each
 * answer.
 */
function isOverdue({ config, now }: Pick<Turn, 'config' | 'now'>, progress: Progress): boolean {
  const { inflight, answeredRound, askedRound } = progress;
  const [oldest] = inflight;
  assert(askedRound >= 0 && answeredRound >= 0, 'a round is negative');
  if (oldest === undefined || oldest.sentAt > now - overdueAfterMs(progress, config)) return false;
  return answeredRound > Math.max(oldest.round, askedRound);
}

/**
 * Whether messages are in flight and a heartbeat interval has passed without any answer: the follower may be down, and nothing
 * new is sent to it meanwhile. A network may need seconds to report that.
 */
function isSilent(
  { config, now }: Pick<Turn, 'config' | 'now'>,
  { inflight, lastHeardAt }: Progress,
): boolean {
  const [oldest] = inflight;
  const since = now - config.heartbeatIntervalMs;
  return oldest !== undefined && oldest.sentAt <= since && lastHeardAt <= since;
}

/**
 * Whether only a snapshot brings the follower further: the next entry for it is discarded. So is one that a probe in flight carries,
 * when that is lost and the entry before it is discarded too: no heartbeat can show then that it is lost.
 */
function needsSnapshot(sender: Sender, progress: Progress): boolean {
  const { mode, nextIndex, probeIndex } = progress;
  const { compactedIndex } = sender.state.log;
  assert(nextIndex >= 1, () => `nextIndex ${nextIndex}: the first entry has index 1`);
  if (nextIndex <= compactedIndex) return true;
  return mode === 'probe' && probeIndex < compactedIndex && isOverdue(sender, progress);
}

function hasCommit({ state }: Pick<Turn, 'state'>, { commitSent, nextIndex }: Progress): boolean {
  assert(commitSent <= state.commitIndex, 'a follower hears of a commit that did not happen');
  return commitSent < Math.min(state.commitIndex, nextIndex - 1);
}

function hasChunk({ transfer, inflight }: Progress): boolean {
  if (transfer === undefined) return false;
  const { snapshot, nextOffset, missing } = transfer;
  assert(nextOffset <= snapshot.data.length, () => `offset ${nextOffset} is after the end of the snapshot`);
  const sizeBytes = snapshot.data.length;
  // An empty snapshot is a chunk too.
  return missing.length > 0 || nextOffset < sizeBytes || (sizeBytes === 0 && inflight.length === 0);
}

/**
 * Whether a chunk may leave now. One that got lost may whatever the window: it was counted in it before, and the follower
 * acknowledges nothing of what is behind it. The window may have shrunk meanwhile below what is in flight, which would never land.
 */
function mayChunkLeave(progress: Progress, config: Turn['config']): boolean {
  const isLost = progress.transfer !== undefined && progress.transfer.missing.length > 0;
  return isLost || (hasChunk(progress) && isOpen(progress, config));
}

function sendNext(turn: Turn, to: ServerId, progress: Progress): void {
  const { state, now } = turn;
  assert(to !== state.me, 'a server sends itself no message');
  const { mode } = progress;
  const mayChange = mode === 'probe' || mode === 'replicate';
  if (mayChange && mayReceive(turn, progress) && needsSnapshot(turn, progress)) {
    const { snapshot } = state.log;
    assert(snapshot !== undefined, 'entries are only discarded behind a snapshot');
    becomeSnapshot(progress, snapshot);
  }
  const isDue = now >= progress.dueAt;
  if (progress.mode === 'snapshot') sendSnapshotPart(turn, { to, progress, isDue });
  else sendLogPart(turn, { to, progress, isDue });
}

/** A follower, and whether a heartbeat to it is due. */
interface Addressee {
  readonly to: ServerId;
  readonly progress: Progress;
  readonly isDue: boolean;
}

function sendLogPart(turn: Turn, { to, progress, isDue }: Addressee): void {
  const { state, now } = turn;
  const isBehind = progress.inflight.length > 0;
  if (isBehind && isDue) sendHeartbeat(turn, to, progress);
  const entries = nextEntries(turn, progress, isDue);
  // Without entries it follows those in flight, to tell of a commit or to find out what was lost. If they are only late, so is
  // its acknowledgement, and nothing was sent twice.
  const isNews = entries.length > 0 || (progress.mode === 'replicate' && hasNews(turn, progress));
  if (!isNews && (isBehind || !isDue)) return;
  const prevLogIndex = progress.nextIndex - 1;
  const prevLogTerm = state.log.termAt(prevLogIndex);
  const prev = prevLogTerm === undefined ? { index: 0, term: 0 } : { index: prevLogIndex, term: prevLogTerm };
  sendAppendEntries(turn, { to, progress, prev, entries, isUrgent: !isBehind && entries.length === 0 });
  progress.askedRound = progress.ticket;
  progress.commitSent = Math.min(state.commitIndex, prevLogIndex + entries.length);
  assert(progress.commitSent <= state.commitIndex, 'a follower hears of a commit that did not happen');
  if (entries.length === 0) return;
  progress.nextIndex += entries.length;
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += payloadOf(entry).length;
  launch(progress, { round: progress.ticket, end: progress.nextIndex - 1, sizeBytes, sentAt: now });
}

/** Says that the leader is there, and how far it has committed what the follower is known to have. It overtakes data. */
function sendHeartbeat(turn: Turn, to: ServerId, progress: Progress): void {
  const prev = heartbeatBase(progress, turn.state.log);
  sendAppendEntries(turn, { to, progress, prev, entries: [], isUrgent: true });
  progress.dueAt = turn.now + turn.config.heartbeatIntervalMs;
  assert(progress.dueAt > turn.now, 'the next heartbeat would leave at once');
}

function sendAppendEntries(
  turn: Turn,
  message: {
    readonly to: ServerId;
    readonly progress: Progress;
    readonly prev: { readonly index: LogIndex; readonly term: Term };
    readonly entries: readonly LogEntry[];
    readonly isUrgent: boolean;
  },
): void {
  const { state, config } = turn;
  const { to, progress, prev, entries, isUrgent } = message;
  assert(entries.length <= config.maxEntriesPerMessage, 'a message has more entries than it may carry');
  assert(!isUrgent || entries.length === 0, 'a message with entries overtakes nothing');
  countMessage(turn, progress);
  const args: AppendEntriesArgs = {
    term: state.currentTerm,
    leaderId: state.me,
    prevLogIndex: prev.index,
    prevLogTerm: prev.term,
    entries,
    leaderCommit: state.commitIndex,
    round: progress.ticket,
  };
  turn.send.push({ to, message: { kind: 'appendEntries', args }, ticket: progress.ticket, isUrgent });
}

/** Every message to a follower has a round, and is a sign of life unless it waits behind others that are in flight. */
function countMessage({ now, config }: Turn, progress: Progress): void {
  assert(progress.sentAt <= now, 'the clock of the leader went back');
  progress.ticket += 1;
  progress.sentAt = now;
  if (progress.inflight.length === 0) progress.dueAt = now + config.heartbeatIntervalMs;
}

/** As many entries from nextIndex on as one message may carry; at least one when there is one and it may leave. */
function nextEntries(turn: Turn, progress: Progress, isDue: boolean): readonly LogEntry[] {
  const { config } = turn;
  const { log } = turn.state;
  const { mode, inflight, nextIndex } = progress;
  if (!mayReceive(turn, progress) || mode === 'lost-log' || !isOpen(progress, config)) return [];
  if (mode === 'probe' && (inflight.length > 0 || !isDue)) return [];
  const lastIndex = Math.min(log.lastIndex, nextIndex + config.maxEntriesPerMessage - 1);
  const bytesMax = messageBytesMax(progress, config);
  let end = nextIndex;
  let sizeBytes = 0;
  while (end <= lastIndex) {
    const entry = log.entryAt(end);
    assert(entry !== undefined, () => `entry ${end} is missing: ${log.describe()}`);
    sizeBytes += payloadOf(entry).length;
    if (sizeBytes > bytesMax && end > nextIndex) break;
    end += 1;
  }
  return end === nextIndex ? [] : log.slice(nextIndex, end - 1);
}

// ---- snapshots ----

function sendSnapshotPart(turn: Turn, { to, progress, isDue }: Addressee): void {
  const { transfer } = progress;
  assert(transfer !== undefined, 'a snapshot is under way without a transfer');
  const isNext = hasNews(turn, progress);
  // While a snapshot is under way, heartbeats go on beside it. A chunk that waits behind no other is as good as one.
  if (isDue && (progress.inflight.length > 0 || !isNext)) sendHeartbeat(turn, to, progress);
  // The follower has all chunks and is storing them. Its answer shows whether it has installed them, or lost them in a restart.
  const isStoring = progress.inflight.length === 0 && !hasChunk(progress) && mayReceive(turn, progress);
  if (isNext || (isDue && isStoring)) sendNextChunk(turn, { to, progress, transfer });
}

/** A follower that is sent a snapshot. */
interface Chunks {
  readonly to: ServerId;
  readonly progress: Progress;
  readonly transfer: SnapshotTransfer;
}

/**
 * The chunk that got lost, or else the next one (Figure 13). When none may leave, a chunk without bytes follows those in flight:
 * its answer shows which of them are lost.
 */
function sendNextChunk(turn: Turn, chunks: Chunks): void {
  const { progress, transfer } = chunks;
  const { missing, nextOffset, snapshot } = transfer;
  if (!mayChunkLeave(progress, turn.config)) {
    sendChunk(turn, chunks, { start: nextOffset, end: nextOffset });
    return;
  }
  const range = missing.shift() ?? {
    start: nextOffset,
    end: Math.min(snapshot.data.length, nextOffset + messageBytesMax(progress, turn.config)),
  };
  assert(range.start < range.end || snapshot.data.length === 0, 'a chunk carries something');
  transfer.nextOffset = Math.max(nextOffset, range.end);
  sendChunk(turn, chunks, range);
  const sizeBytes = range.end - range.start;
  launch(progress, { round: progress.ticket, end: range.end, sizeBytes, sentAt: turn.now });
}

function sendChunk(turn: Turn, { to, progress, transfer }: Chunks, { start, end }: Chunk): void {
  const { state } = turn;
  const { lastIncludedIndex, lastIncludedTerm, data } = transfer.snapshot;
  assert(
    start <= end && end <= data.length,
    () => `bytes ${start} to ${end} of a snapshot of ${data.length}`,
  );
  countMessage(turn, progress);
  progress.askedRound = progress.ticket;
  const args: InstallSnapshotArgs = {
    term: state.currentTerm,
    leaderId: state.me,
    lastIncludedIndex,
    lastIncludedTerm,
    sizeBytes: data.length,
    offset: start,
    data: data.subarray(start, end),
    round: progress.ticket,
  };
  turn.send.push({
    to,
    message: { kind: 'installSnapshot', args },
    ticket: progress.ticket,
    isUrgent: false,
  });
}
