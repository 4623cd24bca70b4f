// The lab's interface of a Raft peer, in both directions: its environment, and its methods for the tester.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';

/** Stable storage, as in the lab: two byte strings, saved together. Both are durable when `save` returns. */
export interface LabPersister {
  /** Replaces both. Without a new snapshot, pass `readSnapshot()`. */
  save(raftState: Uint8Array, snapshot: Uint8Array): void;
  /** The bytes that were saved last, even before a restart of this server; empty at the very first start. */
  readRaftState(): Uint8Array;
  readSnapshot(): Uint8Array;
  /** The length of the result of readRaftState; in 3D it must stay below 2000. */
  raftStateSize(): number;
  snapshotSize(): number;
}

/** The environment of a peer: the parameters of the lab's Make, and the only clock and random source that it may use. */
export interface PeerEnvironment {
  /** `peers[j].call(method, args)` calls server j. There is also an end to the peer itself, which it need not use. */
  readonly peers: readonly ClientEnd[];
  /** This server's number, its position in `peers`. */
  readonly me: number;
  readonly persister: LabPersister;
  /**
   * Receives committed entries, in order: call it with one message, and with the next one only when the returned promise has
   * settled. It may call `snapshot` before it returns.
   */
  readonly applyCh: (message: LabApplyMsg) => void | Promise<void>;
  /** `now`, `sleep(ms)`, `setTimer(ms, callback)`: milliseconds of the test, which take no real time in virtual time. */
  readonly clock: Clock;
  /** `int(min, max)`, `uniform(min, max)`, …: the same values for the same seed. */
  readonly random: Random;
  /** Fails the test with this error: for a peer that detects that a rule is broken. */
  readonly onError: (error: Error) => void;
}

/** One running Raft peer, as the tester uses it. */
export interface RaftHandle {
  start(command: unknown): { isLeader: boolean; index?: number; term: number };
  getState(): { term: number; isLeader: boolean };
  snapshot(index: number, data: Uint8Array): void;
  kill(): void;
  /** The peer's remote calls, under the lab's service name `Raft`. */
  readonly service: Service;
}

/** The lab's Make. A graded module exports it under the name `make`. It returns at once and works in the background. */
export type Make = (environment: PeerEnvironment) => RaftHandle;
