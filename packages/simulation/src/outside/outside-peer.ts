// A Raft peer that a simulation knows only from outside: the lab's interface, without reports of its steps.
import type { LabApplyMsg, ServerId } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { Persister } from '@raftlab/persister';

/** The lab's Persister: two byte strings that are saved together. Both are durable when `save` returns. */
export type OutsidePersister = Pick<
  Persister,
  'save' | 'readRaftState' | 'readSnapshot' | 'raftStateSize' | 'snapshotSize'
>;

/** The environment of one life of a peer, from a start to a crash. */
export interface OutsideEnvironment {
  readonly peers: readonly ClientEnd[];
  readonly me: ServerId;
  readonly persister: OutsidePersister;
  readonly applyCh: (message: LabApplyMsg) => void | Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** False after a crash, which may happen in the middle of a save. */
  readonly isRunning: () => boolean;
  /** Ends the run with this error. */
  readonly onError: (error: Error) => void;
}

/** The lab's methods of a peer. */
export interface OutsidePeer {
  start(command: unknown): { isLeader: boolean; index?: number; term: number };
  getState(): { term: number; isLeader: boolean };
  snapshot(index: number, data: Uint8Array): void;
  readonly service: Service;
}

/** A Raft that is simulated from outside. One object serves one run, because it may keep what it has observed. */
export interface OutsideRaft {
  /** Called for every start of every server. */
  make(environment: OutsideEnvironment): OutsidePeer;
  /** Lines for the end of the message of a violation, which may explain it. */
  explain(violation: { readonly name: string; readonly message: string }): readonly string[];
}
