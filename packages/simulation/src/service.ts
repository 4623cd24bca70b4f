// The service on top of Raft in a simulation. The default machine hashes the order of all commands, which is the only state that
// a wrong Raft can corrupt; a user's own service can be simulated instead.
import type { LabPeerOptions, LabRaft, StateMachine } from '@raftlab/raft-core';
import { valueCodec } from '@raftlab/rpc';
import { z } from 'zod';

/** A state machine whose state can be compared between servers. */
export interface SimulatedService extends StateMachine {
  /** Equal for equal states, and cheap: it is called after every command. */
  digest(): string | number;
}

/** The services of a simulation, and the commands that clients propose. */
export interface SimulatedWorkload {
  /** A service in its initial state. */
  createService(): SimulatedService;
  /** The command of the n-th proposal of a run. */
  command(n: number): unknown;
}

/** The parts of a peer that a simulation needs. One that can neither read nor hand over is not asked to. */
export type SimulatedPeer = Pick<LabRaft, 'start' | 'snapshot' | 'kill' | 'service'> &
  Partial<Pick<LabRaft, 'readIndex' | 'transferLeadership' | 'status'>>;

/**
 * Makes the peers of a simulation instead of `makeLabPeer`: for example with another configuration, on another storage, or with
 * code between peer and service. The observer in `options` must receive all reports that a peer of raft-core makes, because the
 * properties are checked on these reports only.
 */
export type MakePeer = (options: LabPeerOptions) => SimulatedPeer;

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
