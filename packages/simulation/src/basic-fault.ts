// The faults of processes and links: every simulated cluster has them, whatever its servers run.
import type { ServerId } from '@raftlab/protocol';
import type { Recorder } from '@raftlab/trace';
import type { Fault } from './fault.ts';
import type { SimNetwork } from './sim-network.ts';

/** A process that can crash and stall. What does not apply, such as a crash of a crashed server, does nothing. */
export interface FaultyServer {
  start(): void;
  crash(): void;
  /** Crashes at the next write: instead of it, or when it is durable and before the server learns of it. */
  crashAtNextWrite(when: 'before' | 'after'): void;
  pause(): void;
  resume(): void;
}

/** What the faults happen to. */
export interface FaultyCluster {
  /** By their numbers. */
  readonly servers: readonly FaultyServer[];
  readonly network: SimNetwork;
  readonly recorder: Recorder | undefined;
}

type BasicKind = 'crash' | 'crash-at-write' | 'restart' | 'pause' | 'resume' | 'cut' | 'join' | 'join-all';

/** What clusters do not have in common: requests of clients and services, and the loss of disks. */
export type OtherFault = Exclude<Fault, { readonly kind: BasicKind }>;

/** Inflicts a fault of processes and links; returns any other one, for the caller. */
export function inflictBasic(fault: Fault, cluster: FaultyCluster): OtherFault | undefined {
  const { servers } = cluster;
  switch (fault.kind) {
    case 'crash':
      servers[fault.server]?.crash();
      return undefined;
    case 'crash-at-write':
      servers[fault.server]?.crashAtNextWrite(fault.when);
      return undefined;
    case 'restart':
      servers[fault.server]?.start();
      return undefined;
    case 'pause':
      servers[fault.server]?.pause();
      return undefined;
    case 'resume':
      servers[fault.server]?.resume();
      return undefined;
    case 'cut':
    case 'join':
      setLink(fault, cluster);
      return undefined;
    case 'join-all':
      for (const from of servers.keys())
        for (const to of servers.keys()) setLink({ kind: 'join', from, to }, cluster);
      return undefined;
    case 'propose':
    case 'propose-on-arrival':
    case 'read':
    case 'transfer':
    case 'wipe':
    case 'operation':
    case 'client-crash':
      return fault;
  }
}

function setLink(
  { kind, from, to }: { readonly kind: 'cut' | 'join'; readonly from: ServerId; readonly to: ServerId },
  { network, recorder }: FaultyCluster,
): void {
  if (network[kind](from, to)) recorder?.record({ kind, from, to });
}
