// What a replicated state machine is made of.
import type { ApplyMsg, Term } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import type { QueryableMachine } from './machine.ts';
import type { Peer } from './peer.ts';
import type { ServiceCodecs } from './session-machine.ts';
import type { SnapshotPolicy } from './snapshots.ts';

/** Takes what a peer applies, in order, one message at a time: the next one waits until a promise that it returns is fulfilled. */
export type ApplyBytes = (message: ApplyMsg<Uint8Array>) => void | Promise<void>;

/** Takes the term that the peer leads now; undefined when it leads none. */
export type OnLeadership = (ledTerm: Term | undefined) => void;

/** Everything that a replicated state machine needs, and its bounds. */
export interface ReplicatedOptions<Command, Result, Query, Answer> extends ServiceCodecs<Command, Result> {
  /** The service in its initial state. From now on nothing else may apply, restore or change it. */
  readonly machine: QueryableMachine<Command, Result, Query, Answer>;
  /**
   * Makes the peer, whose commands are the bytes of this machinery, on this end of the apply channel. Called once. A peer that reports
   * each change of its role and term calls `onLeadership`; of any other the state is looked at regularly.
   */
  readonly makePeer: (applyCh: ApplyBytes, onLeadership: OnLeadership) => Peer;
  /** For the regular look at the leadership while submissions are pending, of a peer that does not report it. */
  readonly clock: Clock;
  /** The stored snapshot with which the peer begins, if there is one; empty is none. */
  readonly snapshot?: Uint8Array | undefined;
  /** Without it no snapshots are taken. */
  readonly snapshots?: SnapshotPolicy | undefined;
  /** The most sessions that are open at a time: `defaultSessionsMax` unless set. A positive integer. */
  readonly sessionsMax?: number;
  /** The most submissions and reads that are pending on this server: `defaultPendingMax` unless set. */
  readonly pendingMax?: number;
  /** The longest encoded command that is taken, in bytes: `defaultCommandBytesMax` unless set. */
  readonly commandBytesMax?: number;
}

/** Sessions of one cluster: some clients for each of many frontends. Their results take memory on every server. */
export const defaultSessionsMax = 4096;
/** Pending submissions of one server: several times what a leader commits in a second under load. */
export const defaultPendingMax = 65_536;
/** Encoded command, in bytes: 1 MiB. A longer one would delay the heartbeats behind it. */
export const defaultCommandBytesMax = 1_048_576;
/** How often a server with pending submissions looks whether it still leads, in ms: a small part of an election timeout. */
export const leadershipCheckMs = 50;
