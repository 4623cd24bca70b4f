// Log compaction (§7, Figure 13): a snapshot replaces a prefix of the log, here or on a follower that lags behind it.
import type {
  InstallSnapshotArgs,
  InstallSnapshotReply,
  LogIndex,
  ServerId,
  Snapshot,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { followLeader, onMatch, progressOf } from './replication.ts';
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

/** Figure 13, InstallSnapshot. */
export function onInstallSnapshot(turn: Turn, from: ServerId, args: InstallSnapshotArgs): void {
  const { state } = turn;
  assert(args.leaderId === from, () => `server ${from} sends a snapshot of leader ${args.leaderId}`);
  const isCurrent = followLeader(turn, args);
  const { lastIncludedIndex, lastIncludedTerm, data } = args;
  // What is committed here already equals the leader's: an older snapshot would only move the service back.
  if (isCurrent && lastIncludedIndex > state.commitIndex) {
    const snapshot = { lastIncludedIndex, lastIncludedTerm, data };
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
  const matchIndex = isCurrent ? lastIncludedIndex : 0;
  reply(turn, from, { kind: 'installSnapshotReply', reply: { term: state.currentTerm, matchIndex } });
}

function takeSnapshot(turn: Turn, snapshot: Snapshot): void {
  assert(turn.newSnapshot === undefined, 'a step takes one snapshot');
  turn.state.log.compact(snapshot);
  turn.newSnapshot = snapshot;
  assert(turn.state.log.snapshot === snapshot, 'the log begins behind the new snapshot');
}

/** The follower has stored the snapshot, or had it already (Figure 13). */
export function onInstallSnapshotReply(
  turn: Turn,
  from: ServerId,
  { term, matchIndex }: InstallSnapshotReply,
): void {
  const progress = progressOf(turn, from, term);
  // 0 answers a request of an earlier term, and shows nothing about the log.
  if (progress !== undefined && matchIndex > 0) onMatch(turn, progress, matchIndex);
}
