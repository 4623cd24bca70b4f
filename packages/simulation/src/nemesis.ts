// Draws faults according to the mix of a run. Its decisions are recorded as data, so that the run can be repeated with fewer
// faults.
import type { Random } from '@raftlab/runtime';
import type { Fault } from './fault.ts';
import type { FaultFamily, Mix } from './mix.ts';
import type { RunCluster } from './run-cluster.ts';

/** The numbers of entries around which the header of a list changes, and around the most that a message carries. */
const boundaryCounts = [15, 16, 17, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025] as const;

/**
 * About this many batches of a run have one of these counts, and no more than one batch in 20: 290 commands on average, each of
 * which costs a message or more where messages are tiny.
 */
const boundaryBatchesPerRun = 8;
const boundaryBatchOneInMin = 20;

const familyOf: Readonly<Partial<Record<Fault['kind'], FaultFamily>>> = {
  crash: 'crash',
  'crash-at-write': 'crash',
  pause: 'stall',
  cut: 'partition',
  wipe: 'wiped-disk',
};

/** The faults of one moment; several faults belong together if they form one partition. */
export function drawFaults(mix: Mix, cluster: RunCluster, random: Random): Fault[] {
  return drawAny(mix, cluster, random).filter(({ kind }) => {
    const family = familyOf[kind];
    return family === undefined || !mix.without.includes(family);
  });
}

/** A crashed server loses its disk, and comes back. */
export function drawWipe(mix: Mix, cluster: RunCluster, random: Random): Fault[] {
  if (mix.wipesMax === 0 || cluster.wipeCount >= mix.wipesMax || !random.chance(1, 3)) return [];
  const server = random.int(0, mix.servers - 1);
  if (cluster.isRunning(server)) return [];
  const to = random.pick(['empty', 'older'] as const);
  return [
    { kind: 'wipe', server, to },
    { kind: 'restart', server },
  ];
}

/** As many commands as clients propose at once: few, or about as many as where a count is written in another form. */
export function drawProposalCount(mix: Mix, random: Random): number {
  const { proposalBatchMax, payload, faultPhaseMs, proposalIntervalMs } = mix;
  const batchesOfRun = faultPhaseMs / proposalIntervalMs;
  const oneIn = Math.max(boundaryBatchOneInMin, Math.ceil(batchesOfRun / boundaryBatchesPerRun));
  if (payload === undefined || !random.chance(1, oneIn)) return random.int(1, proposalBatchMax);
  return random.pick(boundaryCounts);
}

function drawAny(mix: Mix, cluster: RunCluster, random: Random): Fault[] {
  const any = (): number => random.int(0, mix.servers - 1);
  // Every schedule has all kinds of faults; the most frequent one is its own.
  if (random.chance(1, 4)) return [drawServerFault(cluster, random, any())];
  switch (mix.schedule) {
    case 'calm':
      return [{ kind: 'join-all' }];
    case 'uniform': {
      const from = any();
      const to = any();
      return random.chance(1, 2) ? both('cut', from, to) : both('join', from, to);
    }
    case 'epochs':
      return [{ kind: 'join-all' }, ...partition(mix, random)];
    case 'swizzle': {
      // The links of one server are cut, or joined, one after the other.
      const center = any();
      const other = any();
      return both(random.chance(3, 5) ? 'cut' : 'join', center, other);
    }
    case 'one-way': {
      const kind = random.chance(3, 5) ? 'cut' : 'join';
      return [{ kind, from: any(), to: any() }];
    }
    case 'leader-hunting': {
      const leader = cluster.leader();
      if (leader === undefined) return [{ kind: 'join-all' }];
      const hunts = ['isolate', 'pause', 'crash', 'join'] as const;
      switch (random.pick(hunts)) {
        case 'isolate':
          return isolate(mix, leader);
        case 'pause':
          return [{ kind: 'pause', server: leader }];
        case 'crash':
          return [{ kind: 'crash', server: leader }];
        case 'join':
          return [{ kind: 'join-all' }];
      }
      break;
    }
    case 'crash-heavy':
      return [drawServerFault(cluster, random, any())];
  }
  return [];
}

function drawServerFault(cluster: RunCluster, random: Random, server: number): Fault {
  if (!cluster.isRunning(server)) return { kind: 'restart', server };
  if (cluster.isPaused(server)) return { kind: 'resume', server };
  const roll = random.int(0, 9);
  if (roll < 3) return { kind: 'crash', server };
  if (roll < 6) return { kind: 'crash-at-write', server, when: random.pick(['before', 'after'] as const) };
  if (roll < 8) return { kind: 'pause', server };
  return { kind: 'restart', server };
}

function partition(mix: Mix, random: Random): Fault[] {
  const side = Array.from({ length: mix.servers }, () => random.chance(1, 2));
  return pairs(mix.servers).flatMap(([a, b]) => (side[a] === side[b] ? [] : both('cut', a, b)));
}

/** Cuts a server off from all others, or connects it again. */
export function isolate(mix: Pick<Mix, 'servers'>, server: number, kind: 'cut' | 'join' = 'cut'): Fault[] {
  return pairs(mix.servers).flatMap(([a, b]) => (a === server || b === server ? both(kind, a, b) : []));
}

function both(kind: 'cut' | 'join', a: number, b: number): Fault[] {
  return [
    { kind, from: a, to: b },
    { kind, from: b, to: a },
  ];
}

function pairs(count: number): [number, number][] {
  const all: [number, number][] = [];
  for (let a = 0; a < count; a += 1) for (let b = a + 1; b < count; b += 1) all.push([a, b]);
  return all;
}
