// The parameters of one simulated run. No single kind of schedule finds every bug, so each run draws its own mix.
import type { Random } from '@raftlab/runtime';
import type { RaftConfig } from '@raftlab/raft-core';
import {
  boundsFor,
  conditionNames,
  drawConditions,
  hasCondition,
  noConditions,
  type ConditionName,
  type Conditions,
} from './conditions.ts';

/** How the network is cut during the fault phase. */
export const schedules = [
  'calm',
  'uniform',
  'epochs',
  'swizzle',
  'one-way',
  'leader-hunting',
  'crash-heavy',
] as const;
/** The name of a schedule: which fault is the most frequent one. */
export type ScheduleName = (typeof schedules)[number];

/** Kinds of faults that can be left out of every run, to find the bugs that only they reveal. */
export const faultFamilies = [
  ...conditionNames,
  'loss',
  'duplication',
  'delay',
  'partition',
  'crash',
  'stall',
  'disk',
  'snapshot',
  'tiny-batch',
] as const;
/** A group of faults that `--without` leaves out together. */
export type FaultFamily = (typeof faultFamilies)[number];

/** A slow message takes up to this many times as long as others. */
export const slowFactor = 10;

/** The numbers of servers that a run can have. */
export const serverCounts = [1, 2, 3, 4, 5, 6, 7] as const;
/** The number of servers of a run. */
export type ServerCount = (typeof serverCounts)[number];

/** The maximum number of learners of a run. At least one server votes. */
export const learnersMax = 2;

/** What the servers of a run store their state on: memory that writes reach as a whole, or a write-ahead log on simulated files. */
export const storageKinds = ['memory', 'wal'] as const;
/** The name of a kind of storage. */
export type StorageKind = (typeof storageKinds)[number];

/** The parameters of one run: servers, network, disks, service, schedule. Times are in ms. */
export interface Mix extends Conditions {
  readonly servers: ServerCount;
  /** The number of learners, up to `learnersMax`; they are the last servers. */
  readonly learners: number;
  readonly schedule: ScheduleName;
  /** Length of the fault phase, in virtual ms. */
  readonly faultPhaseMs: number;
  /** Mean time between two faults of any kind, in ms. */
  readonly faultIntervalMs: number;
  /** Of 1000 messages, the number that are lost, and the number that are duplicated. */
  readonly lossPerMille: number;
  readonly duplicationPerMille: number;
  /** The maximum delay of a message; each has its own, so that messages are reordered. A few take ten times as long. */
  readonly delayMaxMs: number;
  readonly slowPerMille: number;
  /** The time after which a caller considers a call lost, in ms. With a long time, very late replies arrive. */
  readonly callTimeoutMs: number;
  readonly disk: 'instant' | 'fast' | 'slow';
  /** `memory` unless the caller asks for another: it is not drawn. */
  readonly storage: StorageKind;
  /** Of 10,000 writes, the number that fail for good. */
  readonly diskFailuresPer10000: number;
  /** The maximum delay of a slow service, during which the apply channel waits, in ms. */
  readonly applyDelayMaxMs: number;
  /** The service takes a snapshot after this many commands; never if 0. */
  readonly snapshotEvery: number;
  /** So many entries before a snapshot stay in the log, for followers that lag by a few. */
  readonly snapshotTailEntries: number;
  /** Mean time between proposals, and the maximum number of commands of one. */
  readonly proposalIntervalMs: number;
  readonly proposalBatchMax: number;
  /** Bounds on messages that are so small that every run reaches them; empty for the defaults. */
  readonly messageBounds: Partial<
    Pick<RaftConfig, 'maxEntriesPerMessage' | 'maxInflightMessages' | 'maxBytesPerMessage'>
  >;
  /** Whether new leaders append noops (§8). */
  readonly appendsNoop: boolean;
  /** Whether servers ask for pre-votes (thesis 9.6). */
  readonly preVote: boolean;
  /** Mean time between two reads, each on any server, and between two transfers of leadership, in ms; none when 0. */
  readonly readIntervalMs: number;
  readonly transferIntervalMs: number;
  /** Whether leaders serve reads by a lease (thesis 6.4.1). Needs `preVote`. */
  readonly hasLeases: boolean;
  /** The kinds of faults that are left out of this run. */
  readonly without: readonly FaultFamily[];
}

/** Parts of a mix that the caller sets instead of drawing them. */
export type MixOverrides = Partial<
  Pick<Mix, 'servers' | 'learners' | 'schedule' | 'faultPhaseMs' | 'without' | 'storage'>
> & {
  /** Conditions that the run has in any case. */
  readonly conditions?: readonly ConditionName[];
};

/** Draws the parameters of a run. */
export function drawMix(random: Random, { conditions: required = [], ...overrides }: MixOverrides = {}): Mix {
  const lab = { ...drawLabMix(random), ...overrides };
  const has = (name: ConditionName): boolean =>
    !lab.without.includes(name) && hasCondition(random, name, required);
  const counts = random.fork('server-count');
  const servers =
    overrides.servers === undefined && has('server-count') ? counts.pick([1, 2, 4, 6] as const) : lab.servers;
  const { faultPhaseMs, proposalIntervalMs, proposalBatchMax } = lab;
  const commandCount = (faultPhaseMs / proposalIntervalMs) * ((1 + proposalBatchMax) / 2);
  const conditions = drawConditions(random, has, { servers, commandCount });
  const mix: Mix = {
    ...lab,
    ...conditions,
    servers,
    learners: Math.min(lab.learners, servers - 1),
    messageBounds: { ...boundsFor(conditions), ...lab.messageBounds },
    ...(isNarrow(conditions, lab) && narrowProposals(lab)),
    snapshotEvery: snapshotEveryOn(lab, commandCount),
  };
  // Removed after the draws, so that all other values stay the same.
  return mix.without.reduce((rest, family) => ({ ...rest, ...calm[family] }), mix);
}

/** On a write-ahead log a snapshot is about ten operations on files: a run has about this many on each server at most. */
const snapshotsOnLogMax = 1000;

function snapshotEveryOn({ storage, snapshotEvery }: Mix, commandCount: number): number {
  if (storage !== 'wal' || snapshotEvery === 0) return snapshotEvery;
  return Math.max(snapshotEvery, Math.ceil(commandCount / snapshotsOnLogMax));
}

/** Whether only a few entries cross in each round trip, or in each turn. */
function isNarrow({ link, chunkBytes }: Conditions, { messageBounds }: Mix): boolean {
  return chunkBytes !== undefined || (link !== undefined && messageBounds.maxEntriesPerMessage !== undefined);
}

/** So few that the queue of what is proposed takes seconds to cross, not minutes: what waits longer finds nothing more. */
function narrowProposals(lab: Mix): Pick<Mix, 'proposalIntervalMs' | 'proposalBatchMax'> {
  return {
    proposalIntervalMs: Math.max(lab.proposalIntervalMs, 10),
    proposalBatchMax: Math.min(lab.proposalBatchMax, 3),
  };
}

/** The draws that do not depend on conditions. */
function drawLabMix(random: Random): Mix {
  const isTiny = random.chance(1, 3);
  return {
    ...noConditions,
    servers: random.pick([3, 3, 3, 5, 5, 7] as const),
    schedule: random.pick(schedules),
    faultPhaseMs: random.int(2_000, 20_000),
    faultIntervalMs: random.pick([20, 100, 300, 800]),
    lossPerMille: random.pick([0, 0, 10, 100, 250]),
    duplicationPerMille: random.pick([0, 0, 50, 200]),
    delayMaxMs: random.pick([1, 10, 30, 100]),
    slowPerMille: random.pick([0, 10, 100]),
    callTimeoutMs: random.pick([200, 400, 3000]),
    disk: random.pick(['instant', 'fast', 'slow'] as const),
    storage: 'memory',
    diskFailuresPer10000: random.pick([0, 0, 0, 5]),
    applyDelayMaxMs: random.pick([0, 0, 5]),
    snapshotEvery: random.pick([0, 1, 3, 10, 50]),
    proposalIntervalMs: random.pick([2, 10, 50]),
    proposalBatchMax: random.pick([1, 3, 20]),
    messageBounds: isTiny
      ? { maxEntriesPerMessage: random.int(1, 3), maxInflightMessages: random.int(1, 3) }
      : {},
    // Separate streams: the other draws of a seed stay the same as before these choices existed.
    appendsNoop: random.fork('noop').chance(1, 3),
    preVote: random.fork('pre-vote').chance(2, 3),
    readIntervalMs: random.fork('reads').pick([0, 50, 200]),
    transferIntervalMs: random.fork('transfers').pick([0, 0, 1000, 5000]),
    hasLeases: random.fork('leases').chance(1, 3),
    learners: random.fork('learners').chance(1, 6) ? 1 : 0,
    snapshotTailEntries: random.fork('tail').pick([0, 0, 3, 20]),
    without: [],
  };
}

/** Chunks for commands and snapshots that are not drawn, and may be large: with small ones each would take hundreds of messages. */
const chunkOfServicesBytes = 1024;

/** The mix of a run with another service than the drawn one. */
export function withLargerChunks(mix: Mix): Mix {
  if (mix.chunkBytes === undefined || mix.link !== undefined) return mix;
  return { ...mix, messageBounds: { ...mix.messageBounds, maxBytesPerMessage: chunkOfServicesBytes } };
}

/** The changes of a mix for each kind; crashes, cuts and stalls are left out when faults are drawn. */
const calm: Readonly<Partial<Record<FaultFamily, Partial<Mix>>>> = {
  loss: { lossPerMille: 0 },
  duplication: { duplicationPerMille: 0 },
  delay: { delayMaxMs: 1, slowPerMille: 0 },
  partition: {},
  crash: {},
  stall: {},
  disk: { disk: 'instant', diskFailuresPer10000: 0 },
  snapshot: { snapshotEvery: 0 },
  'tiny-batch': { messageBounds: {} },
};
