// All that a Raft of one's own needs, from one place: what it is made of, what it must offer, and how to define remote
// calls. docs/grade-your-own-raft.md shows the use of it.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { ClientEnd } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { RaftHandle } from './implementation.ts';

export {
  bind,
  CodecError,
  makeService,
  valueCodec,
  valueMethod,
  type BoundMethod,
  type CallResult,
  type ClientEnd,
  type Codec,
  type Handler,
  type Method,
  type Service,
} from '@raftlab/rpc';
export type { CommandMsg, LabApplyMsg as ApplyMsg, SnapshotMsg } from '@raftlab/protocol';
export type { Clock, Random, Timer } from '@raftlab/runtime';
export type { RaftHandle } from './implementation.ts';

/** Stable storage, as in the lab: two byte strings, saved together. All is durable when `save` returns. */
export interface LabPersister {
  /** Replaces both. Where there is no new snapshot, pass `readSnapshot()` on. */
  save(raftState: Uint8Array, snapshot: Uint8Array): void;
  /** What was saved last, also by an earlier life of this server; empty at the very first start. */
  readRaftState(): Uint8Array;
  readSnapshot(): Uint8Array;
  /** The length of what readRaftState returns; in 3D it must stay below 2000. */
  raftStateSize(): number;
  snapshotSize(): number;
}

/** What one peer is made of: the parameters of the lab's Make, then time and chance, which come from nowhere else. */
export interface PeerEnvironment {
  /** `peers[j].call(method, args)` calls server j. There is an end for the peer itself too; it has no use for it. */
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
  /** Fails the test with this error. For a peer that finds out by itself that something is impossible. */
  readonly onError: (error: Error) => void;
}

/** What the graded module exports under the name `make`. Returns at once; long work goes on beside it. */
export type Make = (environment: PeerEnvironment) => RaftHandle;
