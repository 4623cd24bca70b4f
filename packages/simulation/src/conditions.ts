// Conditions that the lab does not have, and that a service meets: links with a bandwidth, calls that hang, large commands,
// a careless service, a stalled or wiped disk. Each is drawn from a stream of its own.
import type { Random } from '@raftlab/runtime';
import type { RaftConfig } from '@raftlab/raft-core';

/** The conditions that a run can have beside the faults of the lab. */
export const conditionNames = [
  'links',
  'calls',
  'sizes',
  'server-count',
  'same-turn',
  'service',
  'old-lives',
  'stalled-disk',
  'wiped-disk',
  'chunks',
] as const;
/** The name of a condition. */
export type ConditionName = (typeof conditionNames)[number];

/** The conditions that are drawn. The others must be asked for by name: runs with large commands cost twice as much. */
export const drawnByDefault: readonly ConditionName[] = [
  'links',
  'calls',
  'server-count',
  'same-turn',
  'service',
  'old-lives',
  'stalled-disk',
  'wiped-disk',
  'chunks',
];

/** What the links between servers carry. All directions are alike. */
export interface LinkHabits {
  readonly bytesPerMs: number;
  readonly latencyMs: number;
  /** The latency of each message is longer by up to this, in ms. */
  readonly jitterMs: number;
  readonly isFifo: boolean;
  /** Heartbeats, votes and replies overtake data. */
  readonly hasUrgentLane: boolean;
  /** What does not fit into the queue of a link is lost. */
  readonly queueMaxBytes: number;
}

/** How large commands and snapshots are. Most commands of such a run are small. */
export interface PayloadHabits {
  /** The sizes of commands that are not small, in bytes. */
  readonly sizesBytes: readonly number[];
  /** One command in so many has one of these sizes. */
  readonly largeEvery: number;
  readonly snapshotBytes: number;
}

/** The conditions of one run. Times are in ms. */
export interface Conditions {
  /** Undefined: each message takes a time of its own, whatever its size. */
  readonly link: LinkHabits | undefined;
  /**
   * When a call whose message is lost fails: after `callTimeoutMs`; never; or at once, and a call to a server that is down
   * or cut off fails at once too.
   */
  readonly lostCalls: 'time-out' | 'hang' | 'refuse';
  /** Undefined: commands are small numbers. */
  readonly payload: PayloadHabits | undefined;
  /** All events of a server within this many ms happen in one turn of its event loop. 0: each event has a turn of its own. */
  readonly turnMs: number;
  /** Clients propose in the turn in which a message arrives. */
  readonly proposesOnArrival: boolean;
  /** The service overwrites the buffers that it shares, and hands its snapshots over late. */
  readonly isCareless: boolean;
  /** The service of this server takes up to `slowServiceMs` for every message; undefined: of none. */
  readonly slowServiceOf: number | undefined;
  readonly slowServiceMs: number;
  /** How long the timers and the writes of a life go on after its crash. */
  readonly afterlifeMs: number;
  /** Now and then a write takes up to so long; 0: never. */
  readonly diskStallMaxMs: number;
  /** A crashed server may lose its disk, or get back an older one, as often as this. */
  readonly wipesMax: number;
  /** The bytes of a message at most, so that snapshots cross the network in chunks; undefined: as the links have it. */
  readonly chunkBytes: number | undefined;
}

/** What every condition is when it is off. */
export const noConditions: Conditions = {
  link: undefined,
  lostCalls: 'time-out',
  payload: undefined,
  turnMs: 0,
  proposesOnArrival: false,
  isCareless: false,
  slowServiceOf: undefined,
  slowServiceMs: 0,
  afterlifeMs: 0,
  diskStallMaxMs: 0,
  wipesMax: 0,
  chunkBytes: undefined,
};

/** What the draws of the conditions depend on. */
export interface Proposals {
  readonly servers: number;
  /** About how many commands are proposed. */
  readonly commandCount: number;
}

/** About the most bytes of commands that a run proposes: more would make it slow, and find nothing more. */
const payloadBudgetBytes = 2_000_000;

/** Lengths are written in other forms from these powers of two on; pages of commands end there, too. */
const boundaryPowers = [7, 8, 9, 13, 14, 15, 16] as const;

type Draw = (random: Random, proposals: Proposals) => Partial<Conditions>;

const draws: Readonly<Record<Exclude<ConditionName, 'server-count'>, Draw>> = {
  links: (random) => {
    const bytesPerMs = random.pick([100, 400, 1000, 10_000, 100_000]);
    return {
      link: {
        bytesPerMs,
        latencyMs: random.pick([0.1, 2, 20, 50]),
        jitterMs: random.pick([0, 0, 5, 30]),
        isFifo: random.chance(3, 4),
        hasUrgentLane: random.chance(3, 4),
        queueMaxBytes: bytesPerMs * random.pick([500, 5_000, 50_000]),
      },
      lostCalls: random.pick(['hang', 'refuse'] as const),
    };
  },
  calls: (random) => ({ lostCalls: random.pick(['hang', 'refuse'] as const) }),
  sizes: (random, proposals) => ({ payload: drawPayload(random, proposals) }),
  'same-turn': (random) => ({ turnMs: random.pick([0, 1, 10]), proposesOnArrival: true }),
  service: (random, { servers }) => ({
    isCareless: true,
    payload: { sizesBytes: [0, 1, 100, 600], largeEvery: 1, snapshotBytes: 10 },
    ...(random.chance(1, 2) && {
      slowServiceOf: random.int(0, servers - 1),
      slowServiceMs: random.pick([20, 200, 2_000]),
    }),
  }),
  'old-lives': (random) => ({ afterlifeMs: random.pick([1, 50, 2_000]) }),
  'stalled-disk': (random) => ({ diskStallMaxMs: random.pick([500, 5_000]) }),
  'wiped-disk': (random) => ({ wipesMax: random.int(1, 3) }),
  chunks: (random) => ({
    payload: { sizesBytes: [0, 1, 20], largeEvery: 1, snapshotBytes: random.pick([90, 300]) },
    chunkBytes: random.pick([32, 64]),
  }),
};

/** The order matters: sizes of their own replace those that a careless service brings along. */
const drawOrder = [
  'calls',
  'links',
  'service',
  'chunks',
  'sizes',
  'same-turn',
  'old-lives',
  'stalled-disk',
  'wiped-disk',
] as const;

/** One run in so many has a condition that is drawn. */
const drawnOneIn = 4;

/** Whether a run has a condition: always when it is in `required`, by chance when it is drawn by default. */
export function hasCondition(
  random: Random,
  name: ConditionName,
  required: readonly ConditionName[],
): boolean {
  if (required.includes(name)) return true;
  return drawnByDefault.includes(name) && random.fork(`has ${name}`).chance(1, drawnOneIn);
}

/** The conditions of a run. Each that it does not have is off. */
export function drawConditions(
  random: Random,
  has: (name: ConditionName) => boolean,
  proposals: Proposals,
): Conditions {
  let conditions = noConditions;
  for (const name of drawOrder) {
    if (has(name)) conditions = { ...conditions, ...draws[name](random.fork(name), proposals) };
  }
  return { ...conditions, payload: fittingPayload(conditions) };
}

/**
 * On a link without a lane for heartbeats a command may take no longer than a message of the link: it travels in one, and a leader
 * behind a command that takes an election timeout is heard by nobody, so no leader lasts (§5.6; `maxCommandBytes` of raft-core).
 */
function fittingPayload(conditions: Conditions): PayloadHabits | undefined {
  const { link, payload } = conditions;
  const { maxBytesPerMessage = Infinity } = boundsFor(conditions);
  if (payload === undefined || link === undefined || link.hasUrgentLane) return payload;
  return { ...payload, sizesBytes: payload.sizesBytes.map((size) => Math.min(size, maxBytesPerMessage)) };
}

function drawPayload(random: Random, { commandCount }: Proposals): PayloadHabits {
  const sizesBytes = Array.from({ length: 40 }, () => {
    const boundary = 2 ** random.pick(boundaryPowers);
    return boundary + random.int(-8, 2);
  });
  const meanBytes = sizesBytes.reduce((sum, size) => sum + size, 0) / sizesBytes.length;
  return {
    sizesBytes,
    largeEvery: Math.max(1, Math.ceil((commandCount * meanBytes) / payloadBudgetBytes)),
    snapshotBytes: random.pick([0, 127, 255, 256, 65_535, 65_536, 300_000]),
  };
}

/** Larger snapshots cross in chunks that are larger than asked for. */
const chunksMax = 16;

/** Bounds that make a leader's messages fit a link, where none is in transit for longer than a few heartbeats; or small chunks. */
export function boundsFor({
  link,
  payload,
  chunkBytes,
}: Conditions): Partial<Pick<RaftConfig, 'maxBytesPerMessage'>> {
  if (link !== undefined)
    return { maxBytesPerMessage: Math.max(1024, Math.min(128 * 1024, link.bytesPerMs * 50)) };
  if (chunkBytes === undefined) return {};
  return { maxBytesPerMessage: Math.max(chunkBytes, Math.ceil((payload?.snapshotBytes ?? 0) / chunksMax)) };
}
