// What runs on top of Raft in a simulation. The default one can only remember the order of everything it was told,
// which is all that a wrong Raft gets wrong; a user's own takes its place to be simulated itself.
import type { Storage } from '@raftlab/storage';
import { valueCodec, type ClientEnd } from '@raftlab/rpc';
import type { ApplyCh, LabOptions, LabRaft } from '@raftlab/raft-core';
import { z } from 'zod';

export interface SimulatedService {
  apply(command: unknown): void;
  snapshot(): Uint8Array;
  /** Replaces the state. */
  restore(snapshot: Uint8Array): void;
  /** Equal for equal states, and cheap: it is compared between servers after every command. */
  digest(): string | number;
}

export interface SimulatedWorkload {
  /** A service in its initial state. */
  createService(): SimulatedService;
  /** The command of the n-th proposal of a run. */
  command(n: number): unknown;
}

/** What a simulation needs of a peer. */
export type SimulatedPeer = Pick<LabRaft, 'start' | 'snapshot' | 'kill' | 'service'>;

/**
 * Makes the peers of a simulation in place of raft-core's `make`: the same with another configuration, over another
 * storage, with something between it and the service. The observer in `options` must be told what raft-core's peer
 * tells it: the properties are checked on nothing else.
 */
export type MakePeer = (
  peers: readonly ClientEnd[],
  me: number,
  storage: Storage,
  applyCh: ApplyCh<unknown>,
  options: LabOptions<unknown>,
) => SimulatedPeer;

const snapshotCodec = valueCodec('snapshot', z.number());

/** A chain of hashes: equal only after equal commands in equal order. */
export const chainWorkload: SimulatedWorkload = {
  createService() {
    let chain = 17;
    return {
      apply(command) {
        chain = (Math.imul(chain ^ Number(command), 0x01000193) ^ (chain >>> 13)) >>> 0;
      },
      snapshot: () => snapshotCodec.encode(chain),
      restore(snapshot) {
        chain = snapshotCodec.decode(snapshot);
      },
      digest: () => chain,
    };
  },
  command: (n) => n,
};
