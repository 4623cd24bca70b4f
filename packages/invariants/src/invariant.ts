// A property: its statement, its source, and the checks that run at each event.
import type { WriteBatch } from '@raftlab/storage';
import type { ApplyMsg, LogIndex, ServerId } from '@raftlab/protocol';
import type { Envelope, Input, Outputs, RaftState } from '@raftlab/raft-core';
import type { Ghost } from './ghost.ts';

type Leader = Extract<RaftState['standing'], { role: 'leader' }>;

/** The state of a server before the step that is checked: the fields that the checks compare. */
export interface Before {
  readonly role: RaftState['standing']['role'];
  readonly currentTerm: number;
  readonly commitIndex: number;
  readonly lastIndex: number;
  readonly lastIncludedIndex: number;
  readonly votedFor: number | null;
  /** As candidate: its number of votes; otherwise 0. */
  readonly voteCount: number;
  /** Infinity on leaders. */
  readonly electionDeadline: number;
  /** Whether it led, or had heard the leader of its term at some time: only then may it withhold its vote (thesis 4.2.3). */
  readonly hasLeader: boolean;
  /** As leader, by follower; empty otherwise. */
  readonly matchIndexes: ReadonlyMap<ServerId, LogIndex>;
}

const noMatchIndexes: ReadonlyMap<ServerId, LogIndex> = new Map();

/** The state of a server now, to be compared with its state after the next step. `previous` is its state before this one. */
export function asBefore(state: RaftState, previous?: Before): Before {
  const { standing, currentTerm, votedFor, commitIndex, log } = state;
  const { lastIndex, lastIncludedIndex } = log;
  return {
    role: standing.role,
    currentTerm,
    commitIndex,
    lastIndex,
    lastIncludedIndex,
    votedFor,
    voteCount: standing.role === 'candidate' ? standing.votes.size : 0,
    electionDeadline: standing.role === 'leader' ? Infinity : standing.electionDeadline,
    hasLeader:
      standing.role === 'leader' || (standing.role === 'follower' && standing.leaderHeardAt > -Infinity),
    matchIndexes: standing.role === 'leader' ? matchIndexesOf(standing, previous) : noMatchIndexes,
  };
}

/** The map of the step before as long as it is right: most steps change none of it. */
function matchIndexesOf({ progress }: Leader, previous: Before | undefined): ReadonlyMap<ServerId, LogIndex> {
  const known = previous?.matchIndexes ?? noMatchIndexes;
  let isKnown = known.size === progress.size;
  for (const [server, { matchIndex }] of progress) isKnown &&= known.get(server) === matchIndex;
  if (isKnown) return known;
  const matchIndexes = new Map<ServerId, LogIndex>();
  for (const [server, { matchIndex }] of progress) matchIndexes.set(server, matchIndex);
  return matchIndexes;
}

/** One step of one server's core. */
export interface StepEvent {
  readonly server: number;
  readonly input: Input;
  readonly outputs: Outputs;
  readonly before: Before;
  /** After the step. */
  readonly state: RaftState;
}

/** A property of the whole cluster. Every check throws a Violation when it does not hold. Checks are called without `this`. */
export interface Invariant {
  /** Its name in the literature. */
  readonly name: string;
  readonly statement: string;
  readonly source: string;
  /** A crashed server has lost its storage: a check forgets what it expects of it. */
  readonly onWiped?: (server: ServerId) => void;
  /** A server has loaded its state and starts. */
  readonly onStart?: (server: number, state: RaftState, ghost: Ghost) => void;
  readonly onStep?: (event: StepEvent, ghost: Ghost) => void;
  /** A server sends a message. */
  readonly onSend?: (server: number, envelope: Envelope, ghost: Ghost) => void;
  /** A write has become durable on a server; `ghost` has the image after it. */
  readonly onDurable?: (server: number, batch: WriteBatch, ghost: Ghost) => void;
  /** A service is handed a message. Only some drivers report this. */
  readonly onDeliver?: (server: number, message: ApplyMsg, ghost: Ghost) => void;
}

/**
 * An invariant about a single server: its steps, its messages and its own storage. Checks query `ghost` for
 * the image of the acting server only.
 */
export interface ServerRule extends Invariant {
  readonly onStep?: (event: StepEvent, ghost: OwnView) => void;
  readonly onSend?: (server: number, envelope: Envelope, ghost: OwnView) => void;
  readonly onDurable?: (server: number, batch: WriteBatch, ghost: OwnView) => void;
}

type OwnView = Pick<Ghost, 'membership' | 'imageOf'>;

/** Thrown by a check; the message has what was expected and what was found. */
export class Violation extends Error {
  override readonly name: string = 'Violation';
}

/** Throws a Violation unless the condition is true. The message is computed only then. */
export function expectThat(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}
