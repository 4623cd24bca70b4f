// The interface between a cluster and the processes on its servers.
import type { ServerObserver } from '@raftlab/invariants';
import type { Persister } from '@raftlab/persister';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { WalDisk } from '@raftlab/wal/simulated';

/** One server from a start to a crash, as its process uses it: the only source of time and randomness. */
export interface Host {
  readonly me: ServerId;
  /** `peers[j]` calls the services of server j; there is also an end to the server itself. */
  readonly peers: readonly ClientEnd[];
  /** The state that was persisted before this start. */
  readonly persister: Persister;
  /** The simulated files of this server, as its last crash left them: for an implementation that does not use the persister. */
  readonly walDisk: WalDisk;
  readonly clock: Clock;
  readonly random: Random;
  /** Receives the reports of our own Raft; other implementations ignore it. */
  readonly observer: ServerObserver;
  /** False after a crash: a process that still runs then must not affect the test. */
  readonly isRunning: () => boolean;
  /** Fails the test, unless the server has been restarted since. */
  readonly onError: (error: Error) => void;
}

/** The process of a server from a start to a crash. */
export interface ServerProcess {
  /** All are registered on the server under their names: Lab 3 has only Raft, Lab 4 also a key/value service. */
  readonly services: readonly Service[];
  kill(): void;
}

/** Starts or restarts the process of a server. Returns at once. */
export type Boot<Process extends ServerProcess> = (host: Host) => Process;
