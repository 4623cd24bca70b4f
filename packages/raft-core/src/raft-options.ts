// What a peer is given beside its peers, storage and service, and what its `start` says.
import type { Codec } from '@raftlab/rpc';
import type { LogIndex, Term } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import type { RaftConfig } from './core/config.ts';
import type { Input } from './core/inputs.ts';
import type { Envelope, Outputs } from './core/outputs.ts';
import type { RaftState } from './core/state.ts';
import type { PeerStoppedError } from './errors.ts';

/** What `start` says. The index is where the command stands if it is ever committed, in this term. */
export type StartResult =
  | { readonly isLeader: true; readonly index: LogIndex; readonly term: Term }
  | {
      readonly isLeader: false;
      readonly term: Term;
      /** killed: by `kill`. stopped: by a failure, which `onError` was told. loading: storage has not answered yet. */
      readonly reason: 'not-leader' | 'killed' | 'stopped' | 'loading';
    };

/** Watches a peer from outside. Must not call it. */
export interface RaftObserver {
  /** Once, when storage has given back what it holds and the peer begins. */
  onBegin?(state: RaftState): void;
  /** After every step of the core, before its outputs are carried out. */
  onStep?(input: Input, outputs: Outputs, state: RaftState): void;
  /** When a message really leaves: those that wait for storage leave later than their step. */
  onSend?(envelope: Envelope): void;
}

export interface RaftOptions<Command> {
  readonly clock: Clock;
  /** For election timeouts. Another seed, or `fork`, for each server: equal ones stand for election together. */
  readonly random: Random;
  /** How commands become bytes; `valueCodec(name, schema)` for a zod schema. */
  readonly commandCodec: Codec<Command>;
  readonly config?: Partial<RaftConfig>;
  readonly observer?: RaftObserver;
  /**
   * Told once, when the peer stops for good by itself: a failed write, a failed service, a broken rule. Without it the error
   * is thrown from a callback of the clock, where nothing catches it: on a SystemClock that ends the process.
   */
  readonly onError?: (error: PeerStoppedError) => void;
}
