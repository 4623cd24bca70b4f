// How long a follower may need for the entries that it misses, over the links of a run and with its bounds on messages.
import type { Mix } from './mix.ts';

/** A follower that was far behind, with messages of one entry, has caught up within this where links are fast, in ms. */
const fastMs = 120_000;
/** A healthy disk writes within this, in ms. */
const diskMs = 6;
/** Refused and lost messages may cost as much again. */
const slackFactor = 2;

/** A message, and its answer. Without links both take at most 1 ms. */
export function roundTripMs({ link, turnMs }: Pick<Mix, 'link' | 'turnMs'>): number {
  return 2 * (link === undefined ? 1 : link.latencyMs + link.jitterMs) + turnMs;
}

/** How long entries take that are sent a few at a time, as small bounds on messages have it; 0 with the default bounds, in ms. */
export function windowsMs(mix: Mix, entryCount: number): number {
  const { maxEntriesPerMessage, maxInflightMessages } = mix.messageBounds;
  if (maxEntriesPerMessage === undefined || maxInflightMessages === undefined) return 0;
  const windows = Math.ceil(entryCount / (maxEntriesPerMessage * maxInflightMessages));
  return windows * (roundTripMs(mix) + diskMs);
}

/** A snapshot on a write-ahead log takes about so many operations on files. */
const operationsOfSnapshot = 10;

/**
 * The snapshots that a leader on a write-ahead log takes for so many entries: they take a time, during which a follower may be sent one
 * after the other. Elsewhere the leader has taken them before the follower returns.
 */
export function lateSnapshots(
  { storage, snapshotEvery, turnMs }: Pick<Mix, 'storage' | 'snapshotEvery' | 'turnMs'>,
  entryCount: number,
): { readonly count: number; readonly ms: number } {
  const count = storage === 'wal' && snapshotEvery > 0 ? Math.ceil(entryCount / snapshotEvery) : 0;
  return { count, ms: count * operationsOfSnapshot * Math.max(turnMs, diskMs) };
}

/** The time in which so many entries reach a follower, in ms. */
export function catchUpMs(mix: Mix, entryCount: number): number {
  return fastMs + slackFactor * windowsMs(mix, entryCount);
}
