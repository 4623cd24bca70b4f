// The lab's interface of a key/value service, in both directions: the environments of a server and a clerk, and their methods.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { LabPersister, RaftHandle } from './lab-peer.ts';

/** The environment of a server: the parameters of the lab's StartKVServer, and a clock and a random source. */
export interface KVServerEnvironment {
  /** This server's number. */
  readonly me: number;
  /**
   * Makes this server's Raft peer on this end of the apply channel, as the lab's Make does. Call it once, before `startKVServer`
   * returns. The peer starts from the persisted state.
   */
  readonly makeRaft: (applyCh: (message: LabApplyMsg) => void | Promise<void>) => RaftHandle;
  /** `readSnapshot()` is the initial snapshot, empty if there is none; `maxRaftState` bounds `raftStateSize()`. */
  readonly persister: LabPersister;
  /** Take a snapshot when `persister.raftStateSize()` approaches this size, in bytes; -1: take none. */
  readonly maxRaftState: number;
  /** `now`, `sleep(ms)`, `setTimer(ms, callback)`: milliseconds of the test. */
  readonly clock: Clock;
  /** The same values for the same seed. */
  readonly random: Random;
  /** Fails the test with this error. */
  readonly onError: (error: Error) => void;
}

/** One running server of the service. */
export interface KVServerHandle {
  /** The calls of clerks, under the lab's service name `KVServer`; Raft's own calls are registered separately. */
  readonly service: Service;
  /** Stops it, and the peer that it made. */
  kill(): void;
}

/** The lab's StartKVServer. A graded module exports it under the name `startKVServer`. Returns at once. */
export type StartKVServer = (environment: KVServerEnvironment) => KVServerHandle;

/** The environment of a clerk. */
export interface ClerkEnvironment {
  /** One to each server, in a random order: the position of an end is not a server number. */
  readonly ends: readonly ClientEnd[];
  readonly clock: Clock;
  readonly random: Random;
}

/** A client. A call is repeated until it succeeds. */
export interface ClerkHandle {
  /** The value of a key; `''` if it is missing. */
  get(key: string): Promise<string>;
  put(key: string, value: string): Promise<void>;
  append(key: string, value: string): Promise<void>;
}

/** The lab's MakeClerk. A graded module exports it under the name `makeClerk`. */
export type MakeClerk = (environment: ClerkEnvironment) => ClerkHandle;
