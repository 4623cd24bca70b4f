// What runs on the peer of one server, in one life: a machine whose state is compared, or a whole service with clients.
import { expectThat } from '@raftlab/invariants';
import {
  appliedIndexOf,
  type ApplyMsg,
  type LogIndex,
  type ServerId,
  type Snapshot,
} from '@raftlab/protocol';
import type { RaftState } from '@raftlab/raft-core';
import type { Service } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';
import { show, type Recorder } from '@raftlab/trace';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';
import type { SimulatedPeer } from './service.ts';

/** By index: the state of the service after it, on the server that applied it first. */
export type ServiceDigests = ServiceState[];

/** The state of a service after an index. */
export interface ServiceState {
  readonly digest: string | number;
  readonly server: ServerId;
  /** The last index of the snapshot that it was restored from; 0 if it has applied every entry itself. */
  readonly restoredAt: LogIndex;
}

/** What a service has of its life. */
export interface ServiceHost {
  readonly server: ServerId;
  readonly clock: Clock;
  readonly mix: Mix;
  /** Of all servers of the run. */
  readonly digests: ServiceDigests;
  readonly reached: Reached;
  readonly recorder: Recorder | undefined;
  /** The state of the core; undefined while storage is still loading. */
  readonly state: () => RaftState | undefined;
  /** The peer below. It exists when the first message is taken. */
  readonly peer: () => SimulatedPeer;
  readonly takeSnapshot: (index: LogIndex, data: Uint8Array) => void;
}

/** A service from a start to a crash. */
export interface LifeService {
  readonly lastApplied: LogIndex;
  /** What it offers on the network, beside Raft. */
  readonly services: readonly Service[];
  /** Storage has loaded: begins, from a stored snapshot if there is one. Called before the first message. */
  restore(snapshot: Snapshot | undefined): void;
  /** Throws a Violation if the message is out of order, or if the service differs from those of other servers afterwards. */
  take(message: ApplyMsg): void;
  /** The server has crashed. */
  end(): void;
}

/** What runs on the peers of a run. */
export interface Application {
  /** The service for one life of one server. */
  makeService(host: ServiceHost): LifeService;
  /** The command of the n-th proposal that is made to a peer directly. */
  command(n: number): unknown;
}

/** The index of a message that follows `lastApplied`. Throws a Violation when it does not. */
export function nextIndex(message: ApplyMsg, lastApplied: LogIndex): LogIndex {
  const index = appliedIndexOf(message);
  if (message.snapshotValid) {
    expectThat(
      index > lastApplied,
      () => `a snapshot up to ${index} moves a service back that has applied ${lastApplied}`,
    );
  } else {
    expectThat(index === lastApplied + 1, () => `the service is handed ${index} after ${lastApplied}`);
  }
  return index;
}

/** The services of all servers have the same state after a message. Throws a Violation when they differ. */
export function expectSameState(digests: ServiceDigests, message: ApplyMsg, state: ServiceState): void {
  const index = appliedIndexOf(message);
  const known = (digests[index] ??= state);
  // The first line is equal for equal causes, up to its numbers.
  expectThat(known.digest === state.digest, () =>
    [
      `after ${index} the services differ: ${state.digest} on server ${state.server}, and ${known.digest} on server ${known.server}`,
      `index ${index} is ${contentOf(message)}; ${originOf(state)}; ${originOf(known)}`,
    ].join('\n'),
  );
}

function contentOf(message: ApplyMsg): string {
  if (message.commandValid) return `the command ${show(message.command)}`;
  return message.snapshotValid ? 'the last one of a snapshot' : 'a noop';
}

function originOf({ server, restoredAt }: ServiceState): string {
  return restoredAt === 0
    ? `server ${server} has applied every entry itself`
    : `server ${server} was restored from the snapshot up to ${restoredAt}`;
}
