// The end of all faults: a random majority is healed for good, the rest stays broken for ever. Healing every server would hide
// what needs one to be missing.
import type { ServerId } from '@raftlab/protocol';
import type { Random } from '@raftlab/runtime';
import type { SimCluster } from './sim-cluster.ts';

/** Returns the servers that are healed. The others are cut off, and crashed or left as they are. */
export function healMajority(cluster: SimCluster, random: Random): ServerId[] {
  const { membership } = cluster;
  const wiped = membership.members.filter((server) => cluster.isWiped(server));
  const rest = membership.members.filter((server) => !cluster.isWiped(server));
  const core = new Set<ServerId>();
  while (!membership.isQuorum(core)) {
    const server = random.pick(rest);
    rest.splice(rest.indexOf(server), 1);
    core.add(server);
  }
  cluster.heal();
  cluster.inflict({ kind: 'join-all' });
  for (const server of rest) {
    if (random.chance(1, 2)) cluster.inflict({ kind: 'crash', server });
    isolate(cluster, server);
  }
  // A server that has lost its disk may be of no use any more, but it must not disturb the others either.
  for (const server of [...core, ...wiped]) startAgain(cluster, server);
  return [...core].toSorted((a, b) => a - b);
}

/** Cuts a server off from all others. */
export function isolate(cluster: SimCluster, server: ServerId): void {
  for (const other of cluster.membership.members) {
    cluster.inflict({ kind: 'cut', from: server, to: other });
    cluster.inflict({ kind: 'cut', from: other, to: server });
  }
}

/** Connects a server with these others. */
export function connect(cluster: SimCluster, server: ServerId, others: readonly ServerId[]): void {
  for (const other of others) {
    cluster.inflict({ kind: 'join', from: server, to: other });
    cluster.inflict({ kind: 'join', from: other, to: server });
  }
}

/** The server runs, whether it was crashed or stalled. */
export function startAgain(cluster: SimCluster, server: ServerId): void {
  cluster.inflict({ kind: 'resume', server });
  cluster.inflict({ kind: 'restart', server });
}
