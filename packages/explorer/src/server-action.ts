// One server's part in an action, up to the end of its turn: the core takes a step, the batch that it persists is durable at
// once, and it ticks again until nothing is due.
import { applyBatch, BatchError, nothingStored, type StoredState } from '@raftlab/storage';
import type { Membership } from '@raftlab/protocol';
import { AssertionError, Driver, type Input, type RaftState, type ReadOutcome } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import type { SentMessage } from './describe-state.ts';
import type { ExploredCore, ExploredWorld } from './explored-core.ts';
import { calm, electionDue, forgetTime, heartbeatDue, silenceDue, withoutRound } from './model-time.ts';
import { commandFor, proposerOf } from './proposed-command.ts';
import { expectProperty, PropertyViolation } from './property-violation.ts';
import { TurnJudge } from './turn-judge.ts';

/** A server between two actions. Immutable from then on. */
export interface ServerState {
  readonly core: ExploredCore;
  readonly stored: StoredState;
}

export type ServerAction =
  | { readonly kind: 'receive'; readonly sent: SentMessage }
  | {
      readonly kind:
        | 'election timeout'
        | 'silence'
        | 'heartbeat'
        | 'give up'
        | 'propose'
        | 'first read'
        | 'second read'
        | 'transfer'
        | 'snapshot'
        | 'restart';
    };

/** The effects of an action that other servers and the ghost observe. */
export interface ServerTransition {
  readonly after: ServerState;
  readonly sent: readonly SentMessage[];
  readonly becameLeader: boolean;
  /** The indexes that the action committed. */
  readonly committedFrom: number;
  readonly committedTo: number;
  readonly reads: ReadEvents;
}

/** What an action means for the reads of its server. */
export interface ReadEvents {
  /** The read that arrives. */
  readonly arrived: number | undefined;
  readonly ended: readonly ReadOutcome[];
  /** The server has forgotten its reads: it has restarted. */
  readonly isForgotten: boolean;
}

/** An action that has nothing to do with reads. */
export const noReadEvents: ReadEvents = { arrived: undefined, ended: [], isForgotten: false };

export function beginServer(
  { begin, config, hasReads }: ExploredWorld,
  me: number,
  { membership, stored = nothingStored }: { membership: Membership; stored?: StoredState },
): ServerState {
  const core = begin({
    me,
    membership,
    config,
    random: Random.fromSeed(0),
    stored,
    now: calm,
  });
  forgetTime(core.state, calm, { config, hasReads });
  return { core, stored };
}

/** Throws a PropertyViolation. */
export function act(world: ExploredWorld, before: ServerState, action: ServerAction): ServerTransition {
  try {
    if (action.kind === 'restart') return restart(world, before);
    return takeTurn(world, before, action);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const property = propertyOf(error);
    if (property === undefined) throw error;
    throw new PropertyViolation(property, `server ${before.core.state.me}: ${error.message}`);
  }
}

/** The property that does not hold when a step throws this; undefined for a bug of the explorer itself. */
function propertyOf(error: Error): string | undefined {
  if (error instanceof AssertionError) return "The core's own assertions";
  return error instanceof BatchError ? 'Storage takes every batch' : undefined;
}

function restart(world: ExploredWorld, { core, stored }: ServerState): ServerTransition {
  const { me, membership, forwardedReads, standing } = core.state;
  const hasReads =
    forwardedReads.length > 0 || (standing.role === 'leader' && standing.reads.waiting.length > 0);
  return {
    reads: hasReads ? { ...noReadEvents, isForgotten: true } : noReadEvents,
    after: beginServer(world, me, { membership, stored }),
    sent: [],
    becameLeader: false,
    committedFrom: 1,
    committedTo: 0,
  };
}

function inputOf({ core }: ServerState, action: ServerAction): Input {
  switch (action.kind) {
    case 'receive':
      return { kind: 'message', from: action.sent.from, message: action.sent.message };
    case 'propose':
      return { kind: 'propose', commands: [commandFor(core.state.me)] };
    case 'snapshot':
      return { kind: 'compact', lastIncludedIndex: core.state.lastApplied, data: new Uint8Array() };
    case 'first read':
      return { kind: 'read', id: 1 };
    case 'second read':
      return { kind: 'read', id: 2 };
    case 'transfer':
      return { kind: 'transfer', to: undefined };
    case 'election timeout':
    case 'silence':
    case 'heartbeat':
    case 'give up':
    case 'restart':
      return { kind: 'tick' };
  }
}

function momentOf({ kind }: ServerAction): number {
  if (kind === 'heartbeat') return heartbeatDue;
  if (kind === 'silence') return silenceDue;
  return kind === 'election timeout' || kind === 'give up' ? electionDue : calm;
}

function takeTurn(world: ExploredWorld, before: ServerState, action: ServerAction): ServerTransition {
  const input = inputOf(before, action);
  const now = momentOf(action);
  const core = before.core.clone();
  const { state } = core;
  const { commitIndex, standing, currentTerm } = state;
  const wasLeader = standing.role === 'leader';
  const sent: SentMessage[] = [];
  const judge = new TurnJudge(state, before.stored);
  const ended: ReadOutcome[] = [];
  let { stored } = before;
  let wakeAt = Infinity;
  const driver: Driver = new Driver(core, {
    now: () => now,
    onStep(stepped, outputs) {
      judge.onStep(stepped, outputs);
      ended.push(...outputs.reads);
    },
    write({ batch, proves }) {
      stored = applyBatch(stored, batch);
      judge.onDurable(batch, stored);
      driver.step({ kind: 'persisted', ...proves });
    },
    whenDurable: (effect) => effect(),
    send(envelope) {
      checkStored(state, stored);
      judge.onSend(envelope);
      sent.push({ from: state.me, to: envelope.to, message: withoutRound(envelope.message) });
    },
    apply: () => undefined, // the judge has checked it
    wakeAt: (time) => void (wakeAt = time),
  });
  const dueTick = (): Input | undefined => (wakeAt <= now ? { kind: 'tick' } : undefined);
  for (let next: Input | undefined = input; next !== undefined; next = dueTick()) driver.step(next);
  checkStored(state, stored);
  forgetTime(state, now, world);
  return {
    after: { core, stored },
    sent,
    becameLeader: state.standing.role === 'leader' && !(wasLeader && state.currentTerm === currentTerm),
    committedFrom: commitIndex + 1,
    committedTo: state.commitIndex,
    reads: readEventsOf(input, ended),
  };
}

function readEventsOf(input: Input, ended: readonly ReadOutcome[]): ReadEvents {
  if (input.kind === 'read') return { ...noReadEvents, arrived: input.id, ended };
  return ended.length === 0 ? noReadEvents : { ...noReadEvents, ended };
}

/** In this model storage is never behind: state that is only in memory would be lost in a crash. */
function checkStored({ me, currentTerm, votedFor, log }: RaftState, stored: StoredState): void {
  const { hardState, snapshot, entries } = stored;
  const lastIncludedIndex = snapshot?.lastIncludedIndex ?? 0;
  const isSame =
    hardState.currentTerm === currentTerm &&
    hardState.votedFor === votedFor &&
    lastIncludedIndex === log.lastIncludedIndex &&
    lastIncludedIndex + entries.length === log.lastIndex &&
    entries.every((entry, offset) => {
      const here = log.entryAt(lastIncludedIndex + 1 + offset);
      return here?.term === entry.term && proposerOf(here) === proposerOf(entry);
    });
  expectProperty(
    'Persist before visible',
    isSame,
    () =>
      `server ${me} has term ${currentTerm}, vote ${votedFor}, ${log.describe()}; storage has ` +
      `term ${hardState.currentTerm}, vote ${hardState.votedFor}, ${entries.length} entries after ${lastIncludedIndex}`,
  );
}
