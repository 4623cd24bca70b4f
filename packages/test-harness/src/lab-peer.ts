// The lab's interface of a Raft peer, from both sides: what it is made of, and what it offers to the tester.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';

/** Stable storage, as in the lab: two byte strings, saved together. All is durable when `save` returns. */
export interface LabPersister {
  /** Replaces both. Without a new snapshot, pass `readSnapshot()`. */
  save(raftState: Uint8Array, snapshot: Uint8Array): void;
  /** What was saved last, also by an earlier life of this server; empty at the very first start. */
  readRaftState(): Uint8Array;
  readSnapshot(): Uint8Array;
  /** The length of what readRaftState returns; in 3D it must stay below 2000. */
  raftStateSize(): number;
  snapshotSize(): number;
}

/** What one peer is made of: the parameters of the lab's Make, and time and chance, of which there is no other source. */
export interface PeerEnvironment {
  /** `peers[j].call(method, args)` calls server j. There is an end to the peer itself too, which it need not use. */
  readonly peers: readonly ClientEnd[];
  /** This server's number, its place in `peers`. */
  readonly me: number;
  readonly persister: LabPersister;
  /**
   * Takes what is committed, in order: call it with one message, and with the next one only when the returned promise has
   * settled. It may call `snapshot` before it returns.
   */
  readonly applyCh: (message: LabApplyMsg) => void | Promise<void>;
  /** `now`, `sleep(ms)`, `setTimer(ms, callback)`: milliseconds of the test, which in virtual time cost nothing. */
  readonly clock: Clock;
  /** `int(min, max)`, `uniform(min, max)`, …: the same draws for the same seed. */
  readonly random: Random;
  /** Fails the test with this error: for a peer that detects that a rule is broken. */
  readonly onError: (error: Error) => void;
}

/** One running Raft peer, as the tester sees it. */
export interface RaftHandle {
  start(command: unknown): { isLeader: boolean; index?: number; term: number };
  getState(): { term: number; isLeader: boolean };
  snapshot(index: number, data: Uint8Array): void;
  kill(): void;
  /** The peer's remote calls, under the lab's service name `Raft`. */
  readonly service: Service;
}

/** The lab's Make. A graded module exports it under the name `make`. Returns at once; long work goes on beside it. */
export type Make = (environment: PeerEnvironment) => RaftHandle;
