// The lab's way to make a peer, from client ends.
import type { Storage } from '@raftlab/storage';
import type { ClientEnd, Service } from '@raftlab/rpc';
import { Membership, type ServerId } from '@raftlab/protocol';
import type { ApplyCh } from '../apply-queue.ts';
import { Raft } from '../raft.ts';
import type { RaftOptions } from '../raft-options.ts';
import { RpcTransport } from './rpc-transport.ts';
import { assert } from '@raftlab/runtime/assert';

/** A peer on a network of calls and replies. */
export type LabRaft<Command = unknown> = Raft<Command> & {
  /** Raft's remote calls on this peer, to be offered to the others under the lab's service name. */
  readonly service: Service;
};

/** What a peer on a network of calls and replies is made of: client ends in the place of a transport. */
export interface LabPeerOptions<Command = unknown> extends Omit<
  RaftOptions<Command>,
  'membership' | 'transport'
> {
  /** `peers[j]` reaches server j; `peers[me]` is never called. */
  readonly peers: readonly ClientEnd[];
  /** The positions in `peers` as voters and learners. By default every server is a voter, as in the lab. */
  readonly membership?: Membership;
}

/**
 * Makes a peer on client ends, and returns at once. A stored snapshot is not delivered: the service restores itself from it
 * before. Throws a RangeError when `me` or a member is no position in `peers`, and what a synchronous `storage.load` throws.
 */
export function makeLabPeer<Command>({
  peers,
  membership = Membership.ofSize(peers.length),
  ...options
}: LabPeerOptions<Command>): LabRaft<Command> {
  const outsider = membership.members.find((server) => server >= peers.length);
  if (outsider !== undefined)
    throw new RangeError(`membership has server ${outsider}, but peers has ${peers.length} ends, from 0`);
  const transport = new RpcTransport(peers);
  assert(membership.members.length <= peers.length, 'every member has an end');
  const raft = new Raft({ ...options, membership, transport });
  transport.connect(raft);
  return Object.assign(raft, { service: transport.service });
}

/** The lab's Make: `makeLabPeer` with the lab's parameters, and what the lab leaves to the language. */
export function make<Command>(
  peers: readonly ClientEnd[],
  me: ServerId,
  persister: Storage,
  applyCh: ApplyCh<Command>,
  options: Omit<LabPeerOptions<Command>, 'peers' | 'me' | 'storage' | 'applyCh'>,
): LabRaft<Command> {
  return makeLabPeer({ ...options, peers, me, storage: persister, applyCh });
}
