// What is graded: anything that offers the lab's interface (spec: the course page's Raft API). Ours is the default.
import type { Persister, Storage } from '@raftlab/persister';
import { valueCodec, type ApplyMsg, type ClientEnd, type Service } from '@raftlab/protocol';
import { make } from '@raftlab/raft-core';
import type { Clock, Random } from '@raftlab/runtime';
import { z } from 'zod';
import type { ServerObserver } from './invariants/cluster-watch.ts';

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
export interface RaftEnvironment {
  /** `peers[j]` reaches server j; there is one for the peer itself too. */
  readonly peers: readonly ClientEnd[];
  readonly me: number;
  readonly persister: Persister;
  /** Takes one message at a time, in order: the next only after the returned promise has settled. */
  readonly applyCh: (message: ApplyMsg) => void | Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** Our own Raft tells these what it does; others may leave them alone. */
  readonly observer?: ServerObserver;
  /** A peer that stops by itself says why. The test then fails. */
  readonly onError: (error: Error) => void;
}

export interface Implementation {
  readonly name: string;
  readonly make: (environment: RaftEnvironment) => RaftHandle;
}

const commandCodec = valueCodec('command', z.unknown());

/** The Raft of @raftlab/raft-core over the lab's Persister. */
export const raftlab: Implementation = {
  name: 'raftlab',
  make({ peers, me, persister, applyCh, clock, random, observer, onError }) {
    const options = { clock, random, commandCodec, onError };
    if (observer === undefined) return make(peers, me, persister, applyCh, options);
    return make(peers, me, watchedStorage(persister, observer), applyCh, { ...options, observer });
  },
};

/** Tells the observer what has become durable, at the moment it has. */
function watchedStorage(persister: Persister, observer: ServerObserver): Storage {
  return {
    load: () => persister.load(),
    write(batch) {
      persister.write(batch);
      observer.onDurable(batch);
    },
  };
}
