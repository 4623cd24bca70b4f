// The seam between a cluster and what runs on its servers.
import type { ServerObserver } from '@raftlab/invariants';
import type { Persister } from '@raftlab/persister';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';

/** One life of one server, as the process on it sees it. Time and chance come from here and from nowhere else. */
export interface Host {
  readonly me: ServerId;
  /** `peers[j]` calls the services of server j; there is an end to the server itself too. */
  readonly peers: readonly ClientEnd[];
  /** What the earlier lives of this server have persisted. */
  readonly persister: Persister;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes the reports of our own Raft; other implementations ignore it. */
  readonly observer: ServerObserver;
  /** False after a crash: a process that goes on after it must not reach the test. */
  readonly isRunning: () => boolean;
  /** Fails the test, unless a later life of this server has begun. */
  readonly onError: (error: Error) => void;
}

/** What runs on a server from its start to its crash. */
export interface ServerProcess {
  /** All of them are registered on the server under their names: Lab 3 has Raft alone, Lab 4 a key/value service beside it. */
  readonly services: readonly Service[];
  kill(): void;
}

/** Starts the process of a server, for the first time or again. Returns at once. */
export type Boot<Process extends ServerProcess> = (host: Host) => Process;
