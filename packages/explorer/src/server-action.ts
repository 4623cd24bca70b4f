// One server's part in an action, up to the end of its turn: the core steps, what it gives out to persist is durable at
// once, and it ticks again as long as something is due. What can be judged by one server's state alone is judged here.
import { applyBatch, BatchError, nothingStored, type StoredState } from '@raftlab/storage';
import type { Membership } from '@raftlab/protocol';
import { AssertionError, Driver, type Input, type Outputs, type RaftState } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import { explorerConfig } from './bounds.ts';
import type { SentMessage } from './describe-state.ts';
import type { BeginCore, ExploredCore } from './explored-core.ts';
import { calm, electionDue, forgetTime, heartbeatDue } from './model-time.ts';
import { commandFor, proposerOf } from './proposed-command.ts';
import { expectProperty, PropertyViolation } from './property-violation.ts';

/** A server between two actions. Nobody changes it any more. */
export interface ServerState {
  readonly core: ExploredCore;
  readonly stored: StoredState;
}

export type ServerAction =
  | { readonly kind: 'receive'; readonly sent: SentMessage }
  | { readonly kind: 'election timeout' | 'heartbeat' | 'give up' | 'propose' | 'snapshot' | 'restart' };

/** What other servers and the ghost see of an action. */
export interface ServerTransition {
  readonly after: ServerState;
  readonly sent: readonly SentMessage[];
  readonly becameLeader: boolean;
  /** The indexes that it takes for committed now, and did not before. */
  readonly committedFrom: number;
  readonly committedTo: number;
}

/** An action that takes more steps than this would never end. */
const mostSteps = 50;

export function beginServer(
  begin: BeginCore,
  me: number,
  { membership, stored = nothingStored }: { membership: Membership; stored?: StoredState },
): ServerState {
  const core = begin({
    me,
    membership,
    config: explorerConfig,
    random: Random.fromSeed(0),
    stored,
    now: calm,
  });
  forgetTime(core.state);
  return { core, stored };
}

/** Throws a PropertyViolation. */
export function act(begin: BeginCore, before: ServerState, action: ServerAction): ServerTransition {
  try {
    if (action.kind === 'restart') return restart(begin, before);
    return takeTurn(before, inputOf(before, action), momentOf(action));
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

function restart(begin: BeginCore, { core, stored }: ServerState): ServerTransition {
  const { me, membership } = core.state;
  return {
    after: beginServer(begin, me, { membership, stored }),
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
    case 'election timeout':
    case 'heartbeat':
    case 'give up':
    case 'restart':
      return { kind: 'tick' };
  }
}

function momentOf({ kind }: ServerAction): number {
  if (kind === 'heartbeat') return heartbeatDue;
  return kind === 'election timeout' || kind === 'give up' ? electionDue : calm;
}

function takeTurn(before: ServerState, input: Input, now: number): ServerTransition {
  const core = before.core.clone();
  const { state } = core;
  const { commitIndex, standing, currentTerm } = state;
  const wasLeader = standing.role === 'leader';
  const sent: SentMessage[] = [];
  let { stored } = before;
  let earlier = memoryOf(state);
  let stepCount = 0;
  let wakeAt = Infinity;
  const driver: Driver = new Driver(core, {
    now: () => now,
    onStep(_input, outputs) {
      checkStep(earlier, state, outputs);
      earlier = memoryOf(state);
      stepCount += 1;
      expectProperty('Turns end', stepCount < mostSteps, () => `server ${state.me} ticks for ever`);
    },
    write({ batch, proves }) {
      stored = applyBatch(stored, batch);
      driver.step({ kind: 'persisted', ...proves });
    },
    whenDurable: (action) => action(),
    send({ to, message }) {
      const envelope = { from: state.me, to, message };
      checkStored(state, stored);
      checkVote(state, envelope);
      sent.push(envelope);
    },
    apply: () => undefined, // checkStep has looked at it
    wakeAt: (time) => void (wakeAt = time),
  });
  const dueTick = (): Input | undefined => (wakeAt <= now ? { kind: 'tick' } : undefined);
  for (let next: Input | undefined = input; next !== undefined; next = dueTick()) driver.step(next);
  checkStored(state, stored);
  forgetTime(state);
  return {
    after: { core, stored },
    sent,
    becameLeader: state.standing.role === 'leader' && !(wasLeader && state.currentTerm === currentTerm),
    committedFrom: commitIndex + 1,
    committedTo: state.commitIndex,
  };
}

interface Memory {
  readonly role: RaftState['standing']['role'];
  readonly currentTerm: number;
  readonly votedFor: number | null;
  readonly commitIndex: number;
  readonly lastApplied: number;
  readonly lastIndex: number;
  readonly lastIncludedIndex: number;
}

function memoryOf({ standing, currentTerm, votedFor, commitIndex, lastApplied, log }: RaftState): Memory {
  const { lastIndex, lastIncludedIndex } = log;
  return {
    role: standing.role,
    currentTerm,
    votedFor,
    commitIndex,
    lastApplied,
    lastIndex,
    lastIncludedIndex,
  };
}

/** What may not happen from one step to the next. */
function checkStep(before: Memory, state: RaftState, { persist, apply }: Outputs): void {
  const { me, currentTerm, votedFor, commitIndex, log } = state;
  expectProperty(
    'Monotonic currentTerm',
    before.currentTerm <= currentTerm,
    () => `server ${me} went back from term ${before.currentTerm} to ${currentTerm}`,
  );
  expectProperty(
    'Monotonic commitIndex',
    before.commitIndex <= commitIndex && commitIndex <= log.lastIndex,
    () => `server ${me}: commitIndex ${before.commitIndex} became ${commitIndex}, ${log.describe()}`,
  );
  expectProperty(
    'Snapshots move forward',
    before.lastIncludedIndex <= log.lastIncludedIndex,
    () => `server ${me}: its snapshot went back from ${before.lastIncludedIndex}, ${log.describe()}`,
  );
  if (before.currentTerm === currentTerm) {
    expectProperty(
      'One vote per term',
      before.votedFor === null || before.votedFor === votedFor,
      () => `server ${me} votes for ${votedFor} in term ${currentTerm}, after ${before.votedFor}`,
    );
    const firstIndex = persist?.batch.log?.firstIndex ?? before.lastIndex + 1;
    expectProperty(
      'Leader Append-Only',
      before.role !== 'leader' || (firstIndex === before.lastIndex + 1 && log.lastIndex >= before.lastIndex),
      () =>
        `leader ${me} of term ${currentTerm} had entries up to ${before.lastIndex}, wrote from ${firstIndex}`,
    );
  }
  let applied = before.lastApplied;
  for (const applicable of apply) {
    const isSnapshot = applicable.kind === 'snapshot';
    const first = isSnapshot ? applicable.snapshot.lastIncludedIndex : applicable.firstIndex;
    expectProperty(
      'State Machine Safety',
      isSnapshot ? first > applied : first === applied + 1,
      () => `server ${me} applies ${applicable.kind} ${first} after ${applied}`,
    );
    const entries = isSnapshot ? [] : applicable.entries;
    entries.forEach((entry, offset) => {
      expectProperty(
        'State Machine Safety',
        entry === log.entryAt(first + offset),
        () => `server ${me} applies at ${first + offset} what its log does not hold`,
      );
    });
    applied = isSnapshot ? first : first + entries.length - 1;
  }
  expectProperty(
    'State Machine Safety',
    applied === state.lastApplied,
    () => `server ${me} says that it applied ${state.lastApplied}, but applied ${applied}`,
  );
}

/** In this model storage is never behind: what memory holds and storage does not would be forgotten in a crash. */
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
      `server ${me} has term ${currentTerm}, vote ${votedFor}, ${log.describe()}; storage was given ` +
      `term ${hardState.currentTerm}, vote ${hardState.votedFor}, ${entries.length} entries after ${lastIncludedIndex}`,
  );
}

function checkVote(state: RaftState, { to, message }: SentMessage): void {
  if (message.kind !== 'requestVoteReply' || !message.reply.voteGranted) return;
  expectProperty(
    'One vote per term',
    state.currentTerm === message.reply.term && state.votedFor === to,
    () =>
      `server ${state.me} grants its vote to ${to} in term ${message.reply.term}, but it voted for ` +
      `${state.votedFor} in term ${state.currentTerm}`,
  );
}
