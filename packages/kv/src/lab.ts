// The API of the lab (MIT 6.5840 Lab 4, 2024): StartKVServer and MakeClerk.
import { makeLabPeer, type LabPeerOptions } from '@raftlab/raft-core';
import type { ClientEnd, Service } from '@raftlab/rpc';
import { bytesCodec } from '@raftlab/rsm';
import type { ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { Storage } from '@raftlab/storage';
import type { AttemptOptions } from './attempts.ts';
import { Clerk } from './clerk.ts';
import { KeyValueServer } from './key-value-server.ts';

/** Stable storage with the lab's two questions, as the lab's Persister is. */
export interface LabStorage extends Storage {
  /** The persisted Raft state without the snapshot, in bytes. */
  raftStateSize(): number;
  /** The stored snapshot; empty when there is none. */
  readSnapshot(): Uint8Array;
}

/** What the lab leaves to the language: time, chance, and the settings of the peer. */
export type LabServerOptions = Omit<
  LabPeerOptions<Uint8Array>,
  'peers' | 'me' | 'storage' | 'applyCh' | 'commandCodec'
>;

/** A server of the lab. */
export interface LabServer {
  /** Both are registered on the server: the key/value service and Raft. */
  readonly services: readonly Service[];
  /** The server itself. */
  readonly server: KeyValueServer;
  /** Stops at once. */
  kill(): void;
}

/**
 * Starts a server on its client ends and its storage, and returns at once. `maxRaftState`: a snapshot is taken when the persisted
 * state has this many bytes; -1 takes none.
 */
export function startKVServer(
  ends: readonly ClientEnd[],
  me: ServerId,
  persister: LabStorage,
  maxRaftState: number,
  options: LabServerOptions,
): LabServer {
  assert(ends[me] !== undefined, () => `server ${me} has no place among ${ends.length} ends`);
  let raftService: Service | undefined;
  const server = new KeyValueServer({
    clock: options.clock,
    snapshot: persister.readSnapshot(),
    snapshots: snapshotsAt(maxRaftState, persister),
    makePeer: (applyCh) => {
      const raft = makeLabPeer({
        ...options,
        peers: ends,
        me,
        storage: persister,
        applyCh,
        commandCodec: bytesCodec,
      });
      raftService = raft.service;
      return raft;
    },
  });
  assert(raftService !== undefined, 'the server has made no peer');
  return { server, services: [server.service, raftService], kill: () => server.kill() };
}

function snapshotsAt(
  maxRaftState: number,
  persister: LabStorage,
): { maxStateBytes: number; stateSizeBytes: () => number } | undefined {
  assert(
    maxRaftState === -1 || maxRaftState > 0,
    () => `maxRaftState is ${maxRaftState}; -1 takes no snapshots`,
  );
  if (maxRaftState === -1) return undefined;
  return { maxStateBytes: maxRaftState, stateSizeBytes: () => persister.raftStateSize() };
}

/** A clerk of the lab. */
export interface LabClerk {
  /** The value of a key; `''` when it is missing. */
  get(key: string): Promise<string>;
  /** Sets a key. */
  put(key: string, value: string): Promise<void>;
  /** Appends to a key. */
  append(key: string, value: string): Promise<void>;
}

/** A clerk on its own ends to the servers, in any order. It retries for ever. */
export function makeClerk(ends: readonly ClientEnd[], options: AttemptOptions): LabClerk {
  const clerk = new Clerk(ends, options);
  return {
    get: async (key) => (await clerk.get(key))?.value ?? '',
    put: async (key, value) => void (await clerk.put(key, value)),
    append: async (key, value) => void (await clerk.append(key, value)),
  };
}
