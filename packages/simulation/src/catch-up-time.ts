// How long a healthy cluster may need for what a follower misses: what its link, the turns of its servers, the writes of their disks and
// the bounds on messages take in a run, so that a longer time shows a mistake.
import { payloadOf, type LogIndex } from '@raftlab/protocol';
import { defaultConfig, type RaftLog, type RaftState } from '@raftlab/raft-core';
import type { Mix } from './mix.ts';

/** A follower that was far behind, with messages of one entry, has caught up within this where links are fast, in ms. */
const fastMs = 120_000;
/** Refused and lost messages may cost as much again. */
const slackFactor = 2;

// ---- one message, one write ----

/**
 * A message, and its answer. Without links both take at most 1 ms. Each waits for the next turn of the server that it reaches: until
 * then the event loop is busy.
 */
export function roundTripMs({ link, turnMs }: Pick<Mix, 'link' | 'turnMs'>): number {
  return 2 * ((link === undefined ? 1 : link.latencyMs + link.jitterMs) + turnMs);
}

/** An operation of a healthy disk takes at most this but for a few, and one of those at most `slowOperationMs`. In ms. */
const usualOperationMs = 1;
const slowOperationMs = 6;
/** What a write waits for: in memory that it is durable, and that this is reported; on a log, if a segment begins, about so many operations on files. */
const operationsOfWrite = { memory: 2, wal: 8 } as const;
/** The file of a snapshot is stored ahead of the write that names it, on a log only. */
const operationsOfSnapshotFile = { memory: 0, wal: 6 } as const;

/** So many operations of a healthy disk, one after the other. The end of each waits for the next turn of the server, too. */
function operationsMs({ turnMs }: Pick<Mix, 'turnMs'>, count: number): number {
  return slowOperationMs + count * (usualOperationMs + turnMs);
}

type Times = Pick<Mix, 'link' | 'turnMs' | 'storage'>;

/** A message with entries and its answer, when so many writes of the follower come before it, its own included. */
export function acknowledgedMs(times: Times, writes = 2): number {
  return roundTripMs(times) + writes * operationsMs(times, operationsOfWrite[times.storage]);
}

// ---- elections ----

/** Elections may split, but so many election timeouts in a row do not where an election is short. */
const electionsMax = 20;

/**
 * L1: the majority that is healed has no server to spare, so an election fails when another of its servers stands before it is over. The
 * longer it takes, compared with the range of the election timeouts, the more of them are needed.
 */
export function leaderWithinMs(times: Times): number {
  const { electionTimeoutMinMs, electionTimeoutMaxMs } = defaultConfig;
  // A server that has timed out stores its vote, asks, and is answered when the others have stored theirs.
  const share = acknowledgedMs(times) / (electionTimeoutMaxMs - electionTimeoutMinMs);
  return Math.ceil(electionsMax * Math.max(1, 2 * share)) * electionTimeoutMaxMs;
}

// ---- what a follower misses ----

/** What a server misses. */
export interface Missed {
  readonly entryCount: number;
  readonly sizeBytes: number;
}

/** Entries from this index to the end of the log. */
function entriesFrom(log: RaftLog, first: LogIndex): Missed {
  let sizeBytes = 0;
  for (let index = first; index <= log.lastIndex; index += 1) {
    const entry = log.entryAt(index);
    if (entry !== undefined) sizeBytes += payloadOf(entry).length;
  }
  return { entryCount: log.lastIndex + 1 - first, sizeBytes };
}

/** All that the log of a leader has, its snapshot included; nothing without a leader. */
export function contentOf(leader: RaftState | undefined): Missed {
  if (leader === undefined) return { entryCount: 0, sizeBytes: 0 };
  const { log } = leader;
  const { entryCount, sizeBytes } = entriesFrom(log, log.lastIncludedIndex + 1);
  return { entryCount, sizeBytes: sizeBytes + (log.snapshot?.data.length ?? 0) };
}

/** What an entry has in a message beside its payload, in bytes: its term and a length. */
const entryOverheadBytes = 8;

/** What a server whose log ends at `lastIndex` needs: entries, or a snapshot and the entries after it. */
export function missedBy({ log }: RaftState, lastIndex: LogIndex): Missed {
  // The tail of the log spares a server that lags by a few entries the snapshot.
  const isCompacted = lastIndex < log.compactedIndex;
  const { entryCount, sizeBytes } = entriesFrom(log, (isCompacted ? log.lastIncludedIndex : lastIndex) + 1);
  const snapshotBytes = isCompacted ? (log.snapshot?.data.length ?? 0) : 0;
  return { entryCount, sizeBytes: snapshotBytes + sizeBytes + entryCount * entryOverheadBytes };
}

/** The window of bytes in flight to a follower never shrinks below this: `leastWindowBytes` of raft-core. */
const leastWindowBytes = 32 * 1024;

/**
 * How long entries take that are sent a window at a time: a bound on messages may be small, and a leader that takes the turns of a
 * follower for a queue allows few bytes. The messages of a window leave in turns of their own.
 */
export function windowsMs(mix: Mix, { entryCount, sizeBytes }: Missed): number {
  const {
    maxEntriesPerMessage = defaultConfig.maxEntriesPerMessage,
    maxInflightMessages = defaultConfig.maxInflightMessages,
    maxBytesPerMessage = defaultConfig.maxBytesPerMessage,
  } = mix.messageBounds;
  // What does not fit into a message begins the next one, so two that follow each other have more bytes than one may have.
  const messages = Math.ceil(entryCount / maxEntriesPerMessage + (2 * sizeBytes) / maxBytesPerMessage);
  const windows = Math.floor(messages / maxInflightMessages) + Math.floor(sizeBytes / leastWindowBytes);
  // The first message of a window is written at once; what arrives meanwhile is one write after it.
  const writes = maxInflightMessages === 1 ? 1 : 2;
  return windows * acknowledgedMs(mix, writes) + messages * mix.turnMs;
}

/**
 * The snapshots that a leader takes for so many entries while a follower catches up, which may be sent one after the other and stores
 * its own ones meanwhile: on a write-ahead log they take a time, and a careless service hands them over late. Elsewhere the leader has
 * taken them before the follower returns.
 */
export function lateSnapshots(
  mix: Times & Pick<Mix, 'snapshotEvery' | 'isCareless'>,
  entryCount: number,
): { readonly count: number; readonly ms: number } {
  const { storage, snapshotEvery, isCareless } = mix;
  const isLate = (storage === 'wal' || isCareless) && snapshotEvery > 0;
  const count = isLate ? Math.ceil(entryCount / snapshotEvery) : 0;
  return { count, ms: count * (acknowledgedMs(mix) + operationsMs(mix, operationsOfSnapshotFile[storage])) };
}

/** Whether a message with entries may overtake an earlier one. Then what follows one that is late is refused, and sent again. */
export function overtakes({ link }: Pick<Mix, 'link'>): boolean {
  return link !== undefined && !link.isFifo && link.jitterMs > 0;
}

/** The time in which all this reaches a follower, in ms. */
export function catchUpMs(mix: Mix, missed: Missed): number {
  const bytesMs = mix.link === undefined ? 0 : missed.sizeBytes / mix.link.bytesPerMs;
  return fastMs + slackFactor * (bytesMs + windowsMs(mix, missed));
}
