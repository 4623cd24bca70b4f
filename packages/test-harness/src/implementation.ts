// What is graded: any implementation of the lab's interface. Ours is the default.
import { DelayingStorage, type Persister } from '@raftlab/persister';
import { watched, type Storage } from '@raftlab/storage';
import { valueCodec } from '@raftlab/rpc';
import type { ApplyMsg, LabApplyMsg } from '@raftlab/protocol';
import { makeLabPeer } from '@raftlab/raft-core';
import { z } from 'zod';
import type { ServerObserver } from '@raftlab/invariants';
import type { PeerEnvironment, RaftHandle } from './lab-peer.ts';

/** What a peer gets that is graded in this process: a learner's environment, and what our own Raft makes use of besides. */
export interface RaftEnvironment extends PeerEnvironment {
  /** The lab's Persister is a Storage, too. */
  readonly persister: Persister;
  /** Takes the reports of our own Raft. */
  readonly observer?: ServerObserver;
}

/** Makes one peer; a learner's Make is one of these. */
export type MakeRaft = (environment: RaftEnvironment) => RaftHandle;

/** An implementation that can be graded. */
export interface Implementation {
  readonly name: string;
  readonly make: MakeRaft;
  /** Watches the implementation from outside, where it was wrapped for that. */
  readonly watcher?: ImplementationWatcher;
}

/** Watches the calls into and out of an implementation that reports nothing of itself. */
export interface ImplementationWatcher {
  /** Called when a test fails; returns lines for the end of its message. */
  explainFailure(): readonly string[];
  /** How long the clock of a test that passed goes on after all servers were killed, to see what they still do. */
  readonly watchAfterKillMs: number;
  /** In virtual time Node reports an unhandled rejection after at most this many events. */
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

function makeRaftlab(
  { persister: _persister, applyCh, ...environment }: RaftEnvironment,
  storage: Storage,
): RaftHandle {
  return makeLabPeer({
    ...environment,
    storage,
    applyCh: (message) => applyCh(labMessage(message)),
    commandCodec,
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
