// The lab's way to make a peer, from client ends.
import type { Storage } from '@raftlab/storage';
import type { ClientEnd, Service } from '@raftlab/rpc';
import { Membership, type ServerId } from '@raftlab/protocol';
import type { ApplyCh } from '../apply-queue.ts';
import { Raft } from '../raft.ts';
import type { PeerOptions } from '../raft-options.ts';
import { RpcTransport } from './rpc-transport.ts';

/** A peer on a network of calls and replies. */
export type LabRaft<Command = unknown> = Raft<Command> & {
  /** Raft's remote calls on this peer, to be offered to the others under the lab's service name. */
  readonly service: Service;
};

/** What the lab's peers need, and which of them vote. */
export interface LabOptions<Command> extends PeerOptions<Command> {
  /** The positions in `peers` as voters and learners. By default every server is a voter, as in the lab. */
  readonly membership?: Membership;
}

/**
 * The lab's Make: builds a peer and returns at once. `peers[j]` reaches server j; `peers[me]` is never called. A stored
 * snapshot is not delivered: its service restores itself from it before. Throws a RangeError when `me` or a member is no
 * position in `peers`, and what a synchronous `storage.load` throws.
 */
export function make<Command>(
  peers: readonly ClientEnd[],
  me: ServerId,
  storage: Storage,
  applyCh: ApplyCh<Command>,
  { membership = Membership.ofSize(peers.length), ...options }: LabOptions<Command>,
): LabRaft<Command> {
  const outsider = membership.members.find((server) => server >= peers.length);
  if (outsider !== undefined)
    throw new RangeError(`membership has server ${outsider}, but peers has ${peers.length} ends, from 0`);
  const transport = new RpcTransport(peers);
  const raft = new Raft({ ...options, me, membership, storage, transport, applyCh });
  transport.connect(raft);
  return Object.assign(raft, { service: transport.service });
}
