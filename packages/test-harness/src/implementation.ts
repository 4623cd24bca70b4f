// What is graded: anything that offers the lab's interface (spec: the course page's Raft API). Ours is the default.
import { DelayingStorage } from '@raftlab/persister';
import { watched, type Storage } from '@raftlab/storage';
import { valueCodec, type Service } from '@raftlab/rpc';
import type { ApplyMsg, LabApplyMsg } from '@raftlab/protocol';
import { make } from '@raftlab/raft-core';
import { z } from 'zod';
import type { ServerObserver } from '@raftlab/invariants';
import type { Machine } from './cluster/server-process.ts';

/** One running Raft peer, as the tester sees it. */
export interface RaftHandle {
  start(command: unknown): { isLeader: boolean; index?: number; term: number };
  getState(): { term: number; isLeader: boolean };
  snapshot(index: number, data: Uint8Array): void;
  kill(): void;
  /** The peer's remote calls, under the lab's service name `Raft`. */
  readonly service: Service;
}

/** What a peer is made of. Time and chance come from here and from nowhere else. */
export interface RaftEnvironment extends Omit<Machine, 'observer' | 'isRunning'> {
  /** Takes one message at a time, in order: the next only after the returned promise has settled. */
  readonly applyCh: (message: LabApplyMsg) => void | Promise<void>;
  /** Our own Raft reports its steps here. */
  readonly observer?: ServerObserver;
}

/** Makes one peer, as the lab's Make: returns at once. */
export type MakeRaft = (environment: RaftEnvironment) => RaftHandle;

/** An implementation that can be graded. */
export interface Implementation {
  readonly name: string;
  readonly make: MakeRaft;
  /** Watches the implementation from outside, where it was wrapped for that. */
  readonly watcher?: ImplementationWatcher;
}

/** Sees what goes in and out of an implementation that tells nothing of itself. */
export interface ImplementationWatcher {
  /** Asked when a test fails: lines for the end of its message. */
  explainFailure(): readonly string[];
  /** How long the clock of a test that passed goes on after all servers were killed, to see what they still do. */
  readonly watchAfterKillMs: number;
  /** In virtual time Node tells of a rejection that nobody has caught after so many events at most. */
  readonly eventsPerBreath: number;
}

const commandCodec = valueCodec('command', z.unknown());

/** The Raft of @raftlab/raft-core over a disk on which everything is durable at once. */
export const raftlab: Implementation = {
  name: 'raftlab',
  make: (environment) => makeRaftlab(environment, watchedDisk(environment)),
};

/** The same over a disk that takes its time: a crash leaves only what was already durable. */
export const raftlabOnSlowDisk: Implementation = {
  name: 'raftlab-slow-disk',
  make(environment) {
    const { clock, random } = environment;
    const slow = { clock, random: random.fork('disk') };
    return makeRaftlab(environment, new DelayingStorage(watchedDisk(environment), slow));
  },
};

function makeRaftlab(environment: RaftEnvironment, storage: Storage): RaftHandle {
  const { peers, me, applyCh, clock, random, observer, onError } = environment;
  return make(peers, me, storage, (message) => applyCh(labMessage(message)), {
    clock,
    random,
    commandCodec,
    onError,
    ...(observer !== undefined && { observer }),
  });
}

/** The lab has no noops: our Raft appends none in its default configuration. */
function labMessage(message: ApplyMsg): LabApplyMsg {
  if (message.commandValid || message.snapshotValid) return message;
  throw new Error(
    `the service was handed a noop at index ${message.noopIndex}; the lab's leaders append none`,
  );
}

/** The server's storage, whose writes the observer is told of at the moment they are durable. */
function watchedDisk({ persister, observer }: RaftEnvironment): Storage {
  return observer === undefined ? persister : watched(persister, observer);
}
