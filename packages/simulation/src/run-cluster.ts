// What a run and its nemesis need of a cluster, whether its servers report their steps or not.
import type { ServerId } from '@raftlab/protocol';
import type { Fault } from './fault.ts';
import type { NetworkTallies } from './sim-network.ts';

/** A cluster under faults. */
export interface RunCluster {
  readonly network: { readonly tallies: NetworkTallies };
  /** Steps of all servers so far. */
  readonly stepCount: number;
  /** How many servers have lost their disks. */
  readonly wipeCount: number;
  isRunning(id: ServerId): boolean;
  isPaused(id: ServerId): boolean;
  /** The running server that leads the highest term, if any server is a leader. */
  leader(): ServerId | undefined;
  /** Inflicts the fault; one that does not apply, such as a crash of a crashed server, does nothing. */
  inflict(fault: Fault): void;
  /** Stops all servers; returns those that have not cleared their timers, if that is known. */
  stop(): readonly { readonly server: ServerId; readonly timers: number }[];
}
