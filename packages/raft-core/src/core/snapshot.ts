// Log compaction (§7, Figure 13): a snapshot replaces a prefix of the log, here or on a follower that lags behind it.
import type {
  InstallSnapshotArgs,
  InstallSnapshotReply,
  LogIndex,
  ServerId,
  Snapshot,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { land, noteArrival, suspectLoss } from './flow-window.ts';
import { IncomingSnapshot } from './incoming-snapshot.ts';
import { firstRetryDelayMs, loseChunk, resumeTransfer, type Progress } from './progress.ts';
import { followLeader, onMatch, progressOf } from './replication.ts';
import type { RaftState } from './state.ts';
import { reply, type Turn } from './turn.ts';

/** The service's own snapshot. One that is no newer than the present one changes nothing. */
export function onCompact(turn: Turn, lastIncludedIndex: LogIndex, data: Uint8Array): void {
  const { state } = turn;
  if (lastIncludedIndex <= state.log.lastIncludedIndex) return;
  assert(
    lastIncludedIndex <= state.lastApplied,
    () => `a snapshot up to ${lastIncludedIndex}, but only ${state.lastApplied} was applied`,
  );
  const lastIncludedTerm = state.log.termAt(lastIncludedIndex);
  assert(
    lastIncludedTerm !== undefined,
    () => `entry ${lastIncludedIndex} is missing: ${state.log.describe()}`,
  );
  takeSnapshot(turn, { lastIncludedIndex, lastIncludedTerm, data });
}

/**
 * Figure 13, InstallSnapshot: one chunk. The snapshot is installed with the chunk that completes it; one of several chunks first waits
 * for a storage that stages snapshots, because the answers to heartbeats would wait for the write of all its bytes.
 */
export function onInstallSnapshot(turn: Turn, from: ServerId, args: InstallSnapshotArgs): void {
  const { state } = turn;
  assert(args.leaderId === from, () => `server ${from} sends a snapshot of leader ${args.leaderId}`);
  const { lastIncludedIndex, sizeBytes, round } = args;
  const answer = (known: { matchIndex: LogIndex; offset: number; round: number }): void => {
    const { matchIndex, offset } = known;
    const term = state.currentTerm;
    const body: InstallSnapshotReply = { term, matchIndex, lastIncludedIndex, offset, round: known.round };
    reply(turn, from, { kind: 'installSnapshotReply', reply: body });
  };
  if (!followLeader(turn, args)) {
    answer({ matchIndex: 0, offset: 0, round: 0 });
    return;
  }
  // What is committed here already equals the leader's: an older snapshot would only move the service back.
  if (lastIncludedIndex > state.commitIndex) {
    const { data, storedTo } = receiveChunk(turn, args);
    if (data === undefined) {
      answer({ matchIndex: 0, offset: storedTo, round });
      return;
    }
    install(turn, { lastIncludedIndex, lastIncludedTerm: args.lastIncludedTerm, data });
  }
  answer({ matchIndex: lastIncludedIndex, offset: sizeBytes, round });
}

/** The whole snapshot, if no chunk of it is missing any more; and the first byte that is. */
function receiveChunk(
  turn: Turn,
  args: InstallSnapshotArgs,
): { data: Uint8Array | undefined; storedTo: number } {
  const { state, config } = turn;
  const { lastIncludedIndex, sizeBytes, data } = args;
  assert(
    sizeBytes <= config.maxSnapshotBytes,
    () =>
      `leader ${args.leaderId} sends a snapshot of ${sizeBytes} bytes, and server ${state.me} accepts ` +
      `${config.maxSnapshotBytes}; raise maxSnapshotBytes on every server`,
  );
  if (data.length === sizeBytes) return { data, storedTo: sizeBytes };
  const { incoming } = state;
  // Figure 13, 5: a newer snapshot replaces a partial one; a chunk of an older one comes late.
  if (incoming !== undefined && incoming.lastIncludedIndex > lastIncludedIndex)
    return { data: undefined, storedTo: 0 };
  const isSame = incoming?.lastIncludedIndex === lastIncludedIndex && incoming.term === args.term;
  const parts = isSame ? incoming : new IncomingSnapshot(args);
  assert(parts.term === args.term, 'parts of one snapshot come from one leader');
  parts.add(args);
  state.incoming = parts;
  const { storedTo, isComplete } = parts;
  if (!isComplete) return { data: undefined, storedTo };
  if (!turn.stagesSnapshots) return { data: parts.bytes, storedTo };
  if (!parts.isStaging) turn.stage = parts.bytes;
  parts.isStaging = true;
  return { data: undefined, storedTo };
}

/** Installs the snapshot whose bytes the storage has stored ahead. It may be of no use any more, or another one has replaced it. */
export function onStaged(turn: Turn, data: Uint8Array): void {
  const { incoming, currentTerm: term } = turn.state;
  if (incoming?.isStaging !== true || incoming.bytes !== data) return;
  assert(incoming.term === term, () => `a snapshot of term ${incoming.term} in term ${term}`);
  const { lastIncludedIndex, lastIncludedTerm, leaderId, round } = incoming;
  install(turn, { lastIncludedIndex, lastIncludedTerm, data });
  const body = { term, matchIndex: lastIncludedIndex, lastIncludedIndex, offset: data.length, round };
  reply(turn, leaderId, { kind: 'installSnapshotReply', reply: body });
}

function install(turn: Turn, snapshot: Snapshot): void {
  const { state } = turn;
  const { lastIncludedIndex, lastIncludedTerm } = snapshot;
  assert(lastIncludedTerm >= 1, () => `a snapshot of term ${lastIncludedTerm}`);
  const continues = state.log.termAt(lastIncludedIndex) === lastIncludedTerm;
  // Stored entries after the snapshot stay unless they are dropped by name (Figure 13, 6 and 7).
  if (!continues) turn.logChange = { firstIndex: lastIncludedIndex + 1, entries: [] };
  takeSnapshot(turn, snapshot);
  assert(lastIncludedIndex > state.lastApplied, 'a snapshot never moves the service back');
  state.commitIndex = lastIncludedIndex;
  state.lastApplied = lastIncludedIndex;
  turn.apply.push({ kind: 'snapshot', snapshot });
  assert(state.log.lastIndex >= lastIncludedIndex, () => `after a snapshot: ${state.log.describe()}`);
}

/** Forgets a partial snapshot once it is of no use: its leader is not the leader any more, or it covers nothing new. */
export function dropOutdatedSnapshot(state: RaftState): void {
  const { incoming, currentTerm, commitIndex } = state;
  if (incoming === undefined) return;
  assert(incoming.term <= currentTerm, () => `parts of a snapshot of term ${incoming.term}`);
  if (incoming.term !== currentTerm || incoming.lastIncludedIndex <= commitIndex) state.incoming = undefined;
}

function takeSnapshot(turn: Turn, snapshot: Snapshot): void {
  assert(turn.newSnapshot === undefined, 'a step takes one snapshot');
  const { snapshotTailEntries: entries, snapshotTailBytes: bytes } = turn.config;
  turn.state.log.compact(snapshot, { entries, bytes });
  turn.newSnapshot = snapshot;
  assert(turn.state.log.snapshot === snapshot, 'the log begins behind the new snapshot');
}

/** The follower has stored the snapshot, or had it already; or it has a part of it (Figure 13). */
export function onInstallSnapshotReply(turn: Turn, from: ServerId, answer: InstallSnapshotReply): void {
  const progress = progressOf(turn, from, answer);
  if (progress === undefined) return;
  if (answer.matchIndex > 0) onMatch(turn, progress, answer);
  else onPartStored(turn, progress, answer);
}

/** What the follower has of the snapshot decides what it is sent next: a chunk that got lost, or all from where it has none. */
function onPartStored(
  { now, config }: Turn,
  progress: Progress,
  { lastIncludedIndex, offset, round }: InstallSnapshotReply,
): void {
  const { transfer, courseRound } = progress;
  if (transfer === undefined || transfer.snapshot.lastIncludedIndex !== lastIncludedIndex) return;
  if (round <= courseRound) return;
  assert(
    offset <= transfer.snapshot.data.length,
    () => `byte ${offset} of ${transfer.snapshot.data.length} is stored`,
  );
  assert(round <= progress.ticket, () => `round ${round} is answered, but ${progress.ticket} was the last`);
  progress.retryDelayMs = firstRetryDelayMs;
  land(progress, offset, { now, round: progress.ticket, config });
  if (offset > transfer.storedOffset) {
    transfer.storedOffset = offset;
    transfer.storedRound = progress.ticket;
    noteArrival(progress, round, now);
  } else if (offset < transfer.storedOffset && round > transfer.storedRound) {
    // It had more when this request left: it was restarted, and has forgotten the parts that it had.
    resumeTransfer(progress, transfer, offset);
    return;
  }
  // The request arrived, and this chunk, which left no later, did not.
  const lost = progress.inflight.find(
    (chunk) => chunk.round <= round && chunk.end > offset && chunk.end - chunk.sizeBytes <= offset,
  );
  if (lost === undefined) return;
  suspectLoss(progress, progress.ticket);
  loseChunk(progress, transfer, lost);
}
