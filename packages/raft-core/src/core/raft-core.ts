// Raft as a synchronous state machine: one input in, outputs out. No promise, timer, log line or IO; the time is a parameter,
// chance is the injected Random. The switch below leads to the rules in the other files of this folder.
import type { StoredState, WriteBatch } from '@raftlab/storage';
import type { Membership, Message, ServerId } from '@raftlab/protocol';
import type { Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { RaftConfig } from './config.ts';
import {
  becomeFollower,
  drawElectionDeadline,
  onRequestVote,
  onRequestVoteReply,
  onVotePersisted,
} from './election.ts';
import type { Input } from './inputs.ts';
import type { Outputs, Persist } from './outputs.ts';
import { onElectionTimeout, onPreVote, onPreVoteReply } from './pre-vote.ts';
import {
  leadershipEndsAt,
  onAppendEntries,
  onAppendEntriesReply,
  onLogPersisted,
  onPropose,
  onUnreachable,
} from './replication.ts';
import { dropLeaseAfterStall } from './lease.ts';
import {
  beginDueRound,
  dropLostReads,
  nextExpiryAt,
  nextRoundAt,
  onConfirmLeader,
  onConfirmLeaderReply,
  onRead,
  onReadIndex,
  onReadIndexReply,
} from './reads.ts';
import { nextSendAt, sendDue } from './sending.ts';
import {
  dropOutdatedSnapshot,
  onCompact,
  onInstallSnapshot,
  onInstallSnapshotReply,
  onStaged,
} from './snapshot.ts';
import { checkInvariants, cloneState, initialState, type RaftState } from './state.ts';
import {
  continueTransfer,
  endTransferOfFormerLeader,
  nextTransferAt,
  onTimeoutNow,
  onTimeoutNowReply,
  onTransfer,
} from './transfer.ts';
import type { Turn } from './turn.ts';

/** What a core begins with. */
export interface CoreOptions {
  /** This server's id, one of the members. */
  readonly me: ServerId;
  /** Who takes part. The same on every server. */
  readonly membership: Membership;
  readonly config: RaftConfig;
  readonly random: Random;
  /** What storage holds; undefined on first boot. */
  readonly stored: StoredState | undefined;
  readonly now: number;
  /** Whether the storage stores the bytes of snapshots ahead: see `Outputs.stage`. By default it does not. */
  readonly stagesSnapshots?: boolean;
}

/** One server's Raft. Its state changes in `step` and nowhere else. */
export class RaftCore {
  readonly state: RaftState;
  readonly #config: RaftConfig;
  readonly #random: Random;
  readonly #stagesSnapshots: boolean;
  /** When the last step wanted to be woken. */
  #dueAt = Infinity;

  private constructor(
    state: RaftState,
    { config, random, stagesSnapshots = false }: Pick<CoreOptions, 'config' | 'random' | 'stagesSnapshots'>,
  ) {
    this.state = state;
    this.#config = config;
    this.#random = random;
    this.#stagesSnapshots = stagesSnapshots;
    checkInvariants(state);
  }

  /** A server that begins with what storage holds. */
  static begin(options: CoreOptions): RaftCore {
    const { me, membership, config, random, stored, now } = options;
    assert(membership.has(me), () => `server ${me} is no member; the members are ${membership.describe()}`);
    const state = { me, membership };
    const electionDeadline = drawElectionDeadline({ state, config, random, now });
    // It may have confirmed a lease before a crash that it does not remember, so it keeps its vote for as long (thesis 6.4.1).
    const leaderHeardAt = config.leaseReads === false ? -Infinity : now;
    return new RaftCore(initialState(state, stored, { electionDeadline, leaderHeardAt }), options);
  }

  /** A copy that goes its own way from here: the same inputs have the same outputs. */
  clone(): RaftCore {
    const copy = new RaftCore(cloneState(this.state), {
      config: this.#config,
      random: this.#random.clone(),
      stagesSnapshots: this.#stagesSnapshots,
    });
    copy.#dueAt = this.#dueAt;
    assert(copy.state.log !== this.state.log, 'a copy shares no log');
    return copy;
  }

  /** When to tick first, before the first step. */
  get wakeAt(): number {
    return nextWakeAt(this.state, this.#config, -Infinity);
  }

  /** Throws AssertionError when the input shows that a rule of Raft was broken, here or elsewhere. */
  step(input: Input, now: number): Outputs {
    assert(!Number.isNaN(now), 'the time is not a number');
    const turn: Turn = {
      state: this.state,
      config: this.#config,
      random: this.#random,
      now,
      stagesSnapshots: this.#stagesSnapshots,
      isHardStateChanged: false,
      logChange: undefined,
      newSnapshot: undefined,
      mayWait: false,
      send: [],
      sendAfterPersist: [],
      apply: [],
      roleChange: undefined,
      reads: [],
      transferEnded: undefined,
      lostLog: undefined,
      stage: undefined,
    };
    const { standing } = this.state;
    if (standing.role === 'leader') dropLeaseAfterStall(turn, standing, Math.max(now - this.#dueAt, 0));
    handle(turn, input);
    dropLostReads(turn, standing);
    endTransferOfFormerLeader(turn, standing);
    dropOutdatedSnapshot(this.state);
    checkInvariants(this.state);
    const wakeAt = nextWakeAt(this.state, this.#config, now);
    // The end of the turn is no time; it is not late while the turn goes on.
    this.#dueAt = Math.max(wakeAt, now);
    return {
      persist: persistOf(turn),
      send: turn.send,
      sendAfterPersist: turn.sendAfterPersist,
      apply: turn.apply,
      roleChange: turn.roleChange,
      reads: turn.reads,
      transferEnded: turn.transferEnded,
      lostLog: turn.lostLog,
      stage: turn.stage,
      wakeAt,
    };
  }
}

function handle(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'message':
      onMessage(turn, input.from, input.message);
      break;
    case 'propose':
      onPropose(turn, input.commands);
      break;
    case 'read':
      onRead(turn, input);
      break;
    case 'transfer':
      onTransfer(turn, input.to);
      break;
    case 'tick':
      onTick(turn);
      break;
    case 'persisted':
      onVotePersisted(turn, input.currentTerm);
      onLogPersisted(turn, input.lastLogIndex, input.lastLogTerm);
      break;
    case 'unreachable':
      onUnreachable(turn, input.peer, input.ticket);
      break;
    case 'compact':
      onCompact(turn, input.lastIncludedIndex, input.data);
      break;
    case 'staged':
      onStaged(turn, input.data);
      break;
  }
}

function onMessage(turn: Turn, from: ServerId, message: Message): void {
  const { me, membership } = turn.state;
  assert(
    from !== me && membership.has(from),
    () => `${message.kind} from server ${from} to server ${me}; the members are ${membership.describe()}`,
  );
  switch (message.kind) {
    case 'preVote':
      onPreVote(turn, from, message.args);
      break;
    case 'preVoteReply':
      onPreVoteReply(turn, from, message.reply);
      break;
    case 'requestVote':
      onRequestVote(turn, from, message.args);
      break;
    case 'requestVoteReply':
      onRequestVoteReply(turn, from, message.reply);
      break;
    case 'appendEntries':
      onAppendEntries(turn, from, message.args);
      break;
    case 'appendEntriesReply':
      onAppendEntriesReply(turn, from, message.reply);
      break;
    case 'installSnapshot':
      onInstallSnapshot(turn, from, message.args);
      break;
    case 'installSnapshotReply':
      onInstallSnapshotReply(turn, from, message.reply);
      break;
    case 'confirmLeader':
      onConfirmLeader(turn, from, message.args);
      break;
    case 'confirmLeaderReply':
      onConfirmLeaderReply(turn, from, message.reply);
      break;
    case 'readIndex':
      onReadIndex(turn, from, message.args);
      break;
    case 'readIndexReply':
      onReadIndexReply(turn, from, message.reply);
      break;
    case 'timeoutNow':
      onTimeoutNow(turn, from, message.args);
      break;
    case 'timeoutNowReply':
      onTimeoutNowReply(turn, message.reply);
      break;
  }
}

function onTick(turn: Turn): void {
  const { standing } = turn.state;
  if (standing.role !== 'leader') {
    if (turn.now >= standing.electionDeadline) onElectionTimeout(turn);
  } else if (turn.now >= leadershipEndsAt(turn, standing)) {
    becomeFollower(turn, turn.state.currentTerm);
  } else {
    sendDue(turn, standing);
    beginDueRound(turn, standing);
    continueTransfer(turn, standing);
  }
}

function persistOf(turn: Turn): Persist | undefined {
  const { state, isHardStateChanged, newSnapshot, logChange, mayWait } = turn;
  if (!isHardStateChanged && newSnapshot === undefined && logChange === undefined) return undefined;
  const { currentTerm, log } = state;
  const proves = { currentTerm, lastLogIndex: log.lastIndex, lastLogTerm: log.lastTerm };
  assert(
    !mayWait || (!isHardStateChanged && newSnapshot === undefined),
    'only new entries may wait for the end of the turn',
  );
  // Most writes have a log part and no other; building their batch by spreading costs as much as the rest of a proposal.
  if (!isHardStateChanged && newSnapshot === undefined) {
    assert(logChange !== undefined, 'a write has at least one part');
    return { batch: { log: logChange }, proves, mayWait };
  }
  const batch: WriteBatch = {
    ...(isHardStateChanged && { hardState: { currentTerm, votedFor: state.votedFor } }),
    ...(newSnapshot !== undefined && { snapshot: newSnapshot }),
    ...(logChange !== undefined && { log: logChange }),
  };
  return { batch, proves, mayWait };
}

function nextWakeAt(state: RaftState, config: RaftConfig, now: number): number {
  const { standing } = state;
  if (standing.role !== 'leader') {
    assert(!Number.isNaN(standing.electionDeadline), 'the election deadline is not a number');
    return Math.min(standing.electionDeadline, nextExpiryAt(state));
  }
  const turn = { state, config, now };
  let wakeAt = Math.min(nextRoundAt(turn, standing), nextTransferAt(state, standing));
  if (wakeAt === -Infinity) return wakeAt;
  for (const progress of standing.progress.values()) {
    wakeAt = Math.min(wakeAt, nextSendAt(turn, progress));
    if (wakeAt === -Infinity) return wakeAt;
  }
  return Math.min(wakeAt, leadershipEndsAt(turn, standing));
}
