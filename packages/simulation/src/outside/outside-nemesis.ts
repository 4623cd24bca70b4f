// Draws the faults for a Raft that is known only from outside. Beside those of every run there are restarts without a pause, and
// failures of the power of all servers: what was not saved is missing then.
import type { Random } from '@raftlab/runtime';
import type { Fault } from '../fault.ts';
import type { Mix } from '../mix.ts';
import { drawFaults } from '../nemesis.ts';
import type { RunCluster } from '../run-cluster.ts';

/** The faults of one moment. */
export function drawOutsideFaults(mix: Mix, cluster: RunCluster, random: Random): Fault[] {
  if (mix.schedule === 'leader-hunting' && !mix.without.includes('partition') && random.chance(3, 4))
    return hunt(mix, cluster, random);
  const own = random.int(0, 9);
  if (mix.without.includes('crash') || own >= 4) return drawFaults(mix, cluster, random);
  const servers = serversOf(mix);
  const any = random.pick(servers);
  switch (own) {
    case 0:
      if (!random.chance(1, 4)) return restartsOf(servers);
      return [...servers.map((server) => ({ kind: 'crash', server }) as const), ...restartsOf(servers)];
    case 1:
      return restarted(cluster.leader() ?? any);
    default:
      return restarted(any);
  }
}

/**
 * The leader gets a command that it can give to a minority only, and the others elect a new leader, which is hunted next. This is how
 * Figure 8 of the paper comes about.
 */
function hunt(mix: Mix, cluster: RunCluster, random: Random): Fault[] {
  const leader = cluster.leader();
  const all = restartsOf(serversOf(mix));
  if (leader === undefined) return [...all, { kind: 'join-all' }];
  const others = serversOf(mix).filter((server) => server !== leader);
  // Fewer than half of the others: with the leader they are no majority.
  const companions = random.int(0, Math.max(0, Math.ceil(mix.servers / 2) - 2));
  for (let count = 0; count < companions; count += 1) others.splice(random.int(0, others.length - 1), 1);
  const side = serversOf(mix).filter((server) => !others.includes(server));
  const apart = side.flatMap((near) =>
    others.flatMap((far): Fault[] => [
      { kind: 'cut', from: near, to: far },
      { kind: 'cut', from: far, to: near },
    ]),
  );
  return [...all, { kind: 'join-all' }, ...apart, { kind: 'propose', server: leader, count: 1 }];
}

/** A restart so quick that only what was not saved is lost. */
function restarted(server: number): Fault[] {
  return [{ kind: 'crash', server }, ...restartsOf([server])];
}

function restartsOf(servers: readonly number[]): Fault[] {
  return servers.map((server) => ({ kind: 'restart', server }));
}

function serversOf({ servers }: Mix): number[] {
  return Array.from({ length: servers }, (_, server) => server);
}
