// The implementation that is graded: any one with the lab's interface. Ours is the default.
import { DelayingStorage, type Persister } from '@raftlab/persister';
import type { WalDisk } from '@raftlab/wal/simulated';
import { watched, type Storage } from '@raftlab/storage';
import { valueCodec } from '@raftlab/rpc';
import type { ApplyMsg, LabApplyMsg } from '@raftlab/protocol';
import { makeLabPeer } from '@raftlab/raft-core';
import { z } from 'zod';
import type { ServerObserver } from '@raftlab/invariants';
import type { PeerEnvironment, RaftHandle } from './lab-peer.ts';
import { LoggedStorage } from './logged-storage.ts';
import type { MakeClerk, StartKVServer } from './lab-service.ts';

/** The environment of a peer that is graded in this process: a learner's environment, and what only our own Raft uses. */
export interface RaftEnvironment extends PeerEnvironment {
  /** The lab's Persister is a Storage, too. */
  readonly persister: Persister;
  /** Files for a write-ahead log. */
  readonly walDisk: Pick<WalDisk, 'open'>;
  /** Receives the reports of our own Raft. */
  readonly observer?: ServerObserver;
}

/** Makes one peer; a learner's Make is one of these. */
export type MakeRaft = (environment: RaftEnvironment) => RaftHandle;

/** An implementation that can be graded. */
export interface Implementation {
  readonly name: string;
  readonly make: MakeRaft;
  /** The key/value service that Lab 4 grades, on the peers of `make`: ours unless set. */
  readonly keyValue?: KeyValueImplementation;
  /** Observes the implementation from outside, if it was wrapped for that. */
  readonly watcher?: ImplementationWatcher;
}

/** A key/value service that Lab 4 can grade. */
export interface KeyValueImplementation {
  /** Starts one server on its Raft peer. */
  readonly startKVServer: StartKVServer;
  /** Makes a client. */
  readonly makeClerk: MakeClerk;
}

/** Observes the calls into and out of an implementation that does not report its steps. */
export interface ImplementationWatcher {
  /** Called when a test fails; returns lines for the end of its message. `failure` is the error as it was reported. */
  explainFailure(failure: { readonly name: string; readonly message: string }): readonly string[];
  /** After a passed test and the kill of all servers, how long the clock continues, to detect what is still running. */
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

/** The same on a slow disk: a crash keeps only writes that were already durable. */
export const raftlabOnSlowDisk: Implementation = {
  name: 'raftlab-slow-disk',
  make(environment) {
    const { clock, random } = environment;
    const slow = { clock, random: random.fork('disk') };
    return makeRaftlab(environment, new DelayingStorage(watchedDisk(environment), slow));
  },
};

/**
 * The same on a write-ahead log on simulated files, which take as long as the slow disk: a crash is one of the process, or a
 * power failure that leaves any part of what was not durable.
 */
export const raftlabOnWal: Implementation = {
  name: 'raftlab-wal',
  make: (environment) => makeRaftlab(environment, new LoggedStorage(environment)),
};

function makeRaftlab(
  { persister: _persister, walDisk: _walDisk, applyCh, ...environment }: RaftEnvironment,
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
  throw new Error(`the service received a noop at index ${message.noopIndex}; the lab's leaders append none`);
}

/** The server's storage, whose writes are reported to the observer when they are durable. */
function watchedDisk({ persister, observer }: RaftEnvironment): Storage {
  return observer === undefined ? persister : watched(persister, observer);
}
