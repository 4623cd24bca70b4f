// What a peer is made of.
import type { Storage } from '@raftlab/storage';
import type { Codec } from '@raftlab/rpc';
import type { Membership, ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import type { ApplyCh } from './apply-queue.ts';
import type { RaftConfig } from './core/config.ts';
import type { Input } from './core/inputs.ts';
import type { Envelope, Outputs } from './core/outputs.ts';
import type { RaftState } from './core/state.ts';
import type { PeerStoppedError } from './errors.ts';
import type { RaftListener } from './notifications.ts';
import type { Transport } from './transport.ts';
import type { RaftWarning } from './warnings.ts';

/** Watches a peer from outside. Must not call it. */
export interface RaftObserver {
  /** Once, when storage has returned what it holds and the peer begins. */
  onBegin?(state: RaftState): void;
  /** After every step of the core, before its outputs are carried out. */
  onStep?(input: Input, outputs: Outputs, state: RaftState): void;
  /** When a message really leaves: those that wait for storage leave later than their step. */
  onSend?(envelope: Envelope): void;
}

/** All that a peer is made of. */
export interface RaftOptions<Command> {
  /** This server, one of the members. */
  readonly me: ServerId;
  readonly membership: Membership;
  /** Used by this peer alone until it has stopped: a second peer on it is refused with StorageInUseError. */
  readonly storage: Storage;
  readonly transport: Transport;
  /** The service's end of the apply channel. Time that it takes before it returns is taken from everything else here. */
  readonly applyCh: ApplyCh<Command>;
  readonly clock: Clock;
  /** For election timeouts. Another seed, or `fork`, for each server: equal ones stand for election together. */
  readonly random: Random;
  /** How commands become bytes; `valueCodec(name, schema)` for a zod schema. */
  readonly commandCodec: Codec<Command>;
  /**
   * The service changes neither the bytes of a snapshot that it has handed over nor those of one that it was handed, so that large ones
   * are not copied. By default it may change both.
   */
  readonly sharesSnapshots?: boolean;
  readonly config?: Partial<RaftConfig>;
  readonly observer?: RaftObserver;
  /** Hears what changes: the role, the term, the known leader, what the service has taken. */
  readonly listener?: RaftListener;
  /**
   * Called with each condition that costs availability or memory but breaks nothing; `status().counters` counts the same. Must
   * not throw: that stops the peer.
   */
  readonly onWarning?: (warning: RaftWarning) => void;
  /**
   * Called once, when the peer stops for good by itself: a failed write, a failed service, a broken rule. Without it the
   * error is thrown from a callback of the clock, where nothing catches it: on a SystemClock that ends the process.
   */
  readonly onError?: (error: PeerStoppedError) => void;
}
