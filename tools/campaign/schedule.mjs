// Which faults happen when: a function of the seed. Faults of the network and faults of processes come one after another, each on a track
// of its own, so that one of either kind can be present at a time.

/** @typedef {'partition' | 'one-way partition' | 'ring partition' | 'slow links'} NetworkFault */
/**
 * @typedef {'kill -9' | 'pause' | 'restart of all' | 'SIGTERM' | 'transfer' | 'client crash' | 'disk full' | 'slow disk'} ProcessFault
 */

/**
 * @typedef {object} Fault
 * @property {NetworkFault | ProcessFault} kind
 * @property {number} at In ms since the campaign began.
 * @property {number} lastsMs
 * @property {readonly number[]} order A permutation of all servers: the first ones are those that it happens to.
 * @property {boolean} isAtLeader Whether the leader comes first instead, if there is one.
 * @property {boolean} isSilent Of a partition: whether connections stall instead of being reset.
 * @property {number} size Of a partition: how many servers are apart. Of a kill or a pause: how many it happens to.
 * @property {'deaf' | 'mute'} side Of a one-way partition.
 * @property {number} delayMs Of slow links and slow disks.
 */

/** @type {readonly NetworkFault[]} */
export const networkFaults = ['partition', 'one-way partition', 'ring partition', 'slow links'];
/** @type {readonly ProcessFault[]} */
export const processFaults = [
  'kill -9',
  'pause',
  'restart of all',
  'SIGTERM',
  'transfer',
  'client crash',
  'disk full',
  'slow disk',
];

/** The pause between two faults of a track, in ms: some elections are over by then, others are not. */
const pauseMinMs = 200;
const pauseMaxMs = 1500;
/** How long a fault lasts, in ms: from a part of an election timeout to several. */
const lastsMinMs = 200;
const lastsMaxMs = 2500;
const delayMinMs = 5;
const delayMaxMs = 100;

/**
 * All faults in order of time. They begin before `durationMs`, and end soon after it. Each kind occurs once before any occurs again.
 * @param {import('@raftlab/runtime').Random} random
 * @param {{ durationMs: number, servers: readonly number[] }} options
 * @returns {Fault[]}
 */
export function scheduleOf(random, { durationMs, servers }) {
  const tracks = [
    { random: random.fork('network'), kinds: networkFaults },
    { random: random.fork('processes'), kinds: processFaults },
  ];
  return tracks
    .flatMap((track) => trackOf(track, { durationMs, servers }))
    .toSorted((one, other) => one.at - other.at);
}

/**
 * @param {{ random: import('@raftlab/runtime').Random, kinds: readonly Fault['kind'][] }} track
 * @param {{ durationMs: number, servers: readonly number[] }} options
 */
function trackOf({ random, kinds }, { durationMs, servers }) {
  /** @type {Fault[]} */
  const faults = [];
  /** @type {Fault['kind'][]} */
  let left = [];
  for (
    let at = random.int(pauseMinMs, pauseMaxMs);
    at < durationMs;
    at += random.int(pauseMinMs, pauseMaxMs)
  ) {
    if (left.length === 0) left = shuffled(kinds, random);
    const kind = left.pop();
    if (kind === undefined) break;
    const fault = drawn(kind, { random, servers, at });
    faults.push(fault);
    at += fault.lastsMs;
  }
  return faults;
}

/**
 * @param {Fault['kind']} kind
 * @param {{ random: import('@raftlab/runtime').Random, servers: readonly number[], at: number }} options
 * @returns {Fault}
 */
function drawn(kind, { random, servers, at }) {
  const minority = Math.floor((servers.length - 1) / 2);
  return {
    kind,
    at,
    lastsMs: random.int(lastsMinMs, lastsMaxMs),
    order: shuffled(servers, random),
    isAtLeader: random.chance(1, 2),
    isSilent: random.chance(1, 2),
    size: random.int(1, minority),
    side: random.chance(1, 2) ? 'deaf' : 'mute',
    delayMs: random.int(delayMinMs, delayMaxMs),
  };
}

/** @template T @param {readonly T[]} items @param {import('@raftlab/runtime').Random} random @returns {T[]} */
function shuffled(items, random) {
  const left = [...items];
  return items.flatMap(() => left.splice(random.int(0, left.length - 1), 1));
}
