// Draws faults according to the mix of a run. Its decisions are recorded as data, so that the run can be repeated with fewer
// faults.
import type { Random } from '@raftlab/runtime';
import type { Fault } from './fault.ts';
import type { FaultFamily, Mix } from './mix.ts';
import type { SimCluster } from './sim-cluster.ts';

const familyOf: Readonly<Partial<Record<Fault['kind'], FaultFamily>>> = {
  crash: 'crash',
  'crash-at-write': 'crash',
  pause: 'stall',
  cut: 'partition',
};

/** The faults of one moment; several faults belong together if they form one partition. */
export function drawFaults(mix: Mix, cluster: SimCluster, random: Random): Fault[] {
  return drawAny(mix, cluster, random).filter(({ kind }) => {
    const family = familyOf[kind];
    return family === undefined || !mix.without.includes(family);
  });
}

function drawAny(mix: Mix, cluster: SimCluster, random: Random): Fault[] {
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

function drawServerFault(cluster: SimCluster, random: Random, server: number): Fault {
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

function isolate(mix: Mix, server: number): Fault[] {
  return pairs(mix.servers).flatMap(([a, b]) => (a === server || b === server ? both('cut', a, b) : []));
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
