// The bounds of an exploration: each number makes the space of states finite in one dimension.
import { defaultConfig, type RaftConfig } from '@raftlab/raft-core';

/** The knowledge about each entry of the log is a bit of one number. */
const longestLogMax = 30;
/** Each read is an action of its own. */
const readsMax = 2;

/** The bounds of an exploration; together they make the number of states finite. */
export interface ExplorerBounds {
  /** Voters and learners together. */
  readonly serverCount: number;
  /** The number of learners; they are the last servers. */
  readonly learners: number;
  /** Elections begin only below this term. */
  readonly maxTerm: number;
  /** Commands that clients propose in total, to any leader. */
  readonly maxEntries: number;
  /** Messages in flight at a time. If there are more, some are lost, and every choice of the lost ones is explored. */
  readonly maxInFlight: number;
  /** Crashes in total, each followed by a restart from stable storage. */
  readonly crashes: number;
  /** Deliveries after which the message stays in flight. */
  readonly duplications: number;
  /** Snapshots that services take, in total. */
  readonly snapshots: number;
  /** Reads that services ask for, in all, on any server (thesis 6.4). */
  readonly reads: number;
  /** Transfers of leadership, in all (thesis 3.10). */
  readonly transfers: number;
  /** Whether a leader may hear no reply for an election timeout, and step down (thesis 6.2). */
  readonly leadersGiveUp: boolean;
  /** Whether new leaders append noops (§8). */
  readonly noops: boolean;
  /** Whether servers ask for pre-votes, and withhold their vote while they hear a leader (thesis 9.6). */
  readonly preVotes: boolean;
}

/** Three servers, two terms, two entries: 2.9 million states, about 15 s. */
export const smallBounds: ExplorerBounds = {
  serverCount: 3,
  learners: 0,
  maxTerm: 2,
  maxEntries: 1,
  maxInFlight: 2,
  crashes: 0,
  duplications: 0,
  snapshots: 0,
  reads: 0,
  transfers: 0,
  leadersGiveUp: true,
  noops: false,
  preVotes: false,
};

/** One entry per message and one message at a time: this covers the interleavings of larger messages with fewer states. */
export const explorerConfig: RaftConfig = {
  ...defaultConfig,
  maxEntriesPerMessage: 1,
  maxInflightMessages: 1,
};

const mostOf: Readonly<Record<string, number>> = {
  serverCount: 5,
  maxInFlight: 8,
  reads: readsMax,
  transfers: 15,
};

/** Throws a RangeError that names a bound that is invalid or does not fit the encoding of states. */
export function completeBounds(given: Partial<ExplorerBounds> = {}): ExplorerBounds {
  const bounds = { ...smallBounds, ...given };
  for (const [name, value] of Object.entries(bounds)) {
    if (typeof value === 'boolean') continue;
    const most = mostOf[name] ?? 30;
    const least = name === 'serverCount' ? 2 : 0;
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new RangeError(`${name} must be a whole number from ${least} to ${most}; got ${value}.`);
  }
  const { serverCount, learners, maxTerm, maxEntries, noops } = bounds;
  const longestLog = maxEntries + (noops ? maxTerm : 0);
  if (longestLog > longestLogMax)
    throw new RangeError(
      `maxEntries and maxTerm allow a log of ${longestLog} entries, noops included; give bounds of ${longestLogMax} or less together.`,
    );
  if (learners >= serverCount)
    throw new RangeError(
      `learners must be fewer than the ${serverCount} servers, one of which must vote; got ${learners}.`,
    );
  return bounds;
}
