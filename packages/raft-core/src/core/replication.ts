// Log replication (§5.3, §5.4.2): how a follower handles AppendEntries, and how a leader handles proposals, replies and lost
// messages. sending.ts decides what a leader sends.
import {
  CommandEntry,
  type AppendEntriesArgs,
  type AppendEntriesReply,
  type LogIndex,
  type ServerId,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { becomeFollower, drawElectionDeadline } from './election.ts';
import { forgetLink, land, noteArrival, noteDelay, shrink, suspectLoss } from './flow-window.ts';
import type { RaftLog } from './log.ts';
import {
  becomeLostLog,
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  firstRetryDelayMs,
  isReachable,
  loseChunk,
  loseFrom,
  raiseMatchIndex,
  type Progress,
} from './progress.ts';
import type { Leader } from './state.ts';
import { appendOwn, applyCommitted, reply, type Turn } from './turn.ts';

type AppendEntriesRefusal = Extract<AppendEntriesReply, { success: false }>;

/** Accepts the sender as leader of its term, or returns false when its term is over (Figure 2, AppendEntries 1). */
export function followLeader(turn: Turn, args: { term: number; leaderId: ServerId }): boolean {
  const { state } = turn;
  if (args.term < state.currentTerm) return false;
  assert(
    !(state.standing.role === 'leader' && args.term === state.currentTerm),
    () => `server ${args.leaderId} also claims to lead term ${args.term}`,
  );
  becomeFollower(turn, args.term, args.leaderId);
  if (state.standing.role === 'follower') state.standing.electionDeadline = drawElectionDeadline(turn);
  assert(state.currentTerm === args.term, 'a follower is in the term of its leader');
  return true;
}

/** Figure 2, AppendEntries: stores the entries, and commits as far as the message verified the log. */
export function onAppendEntries(turn: Turn, from: ServerId, args: AppendEntriesArgs): void {
  assert(args.leaderId === from, () => `server ${from} sends entries of leader ${args.leaderId}`);
  const isCurrent = followLeader(turn, args);
  const answer = isCurrent ? appendFromLeader(turn, args) : { ...refuse(turn, args, 0, 0), round: 0 };
  reply(turn, from, { kind: 'appendEntriesReply', reply: answer });
  applyCommitted(turn);
}

function appendFromLeader(turn: Turn, args: AppendEntriesArgs): AppendEntriesReply {
  const { state } = turn;
  const { log } = state;
  const { prevLogIndex, prevLogTerm, entries } = args;
  const lastVerified = prevLogIndex + entries.length;
  // What the snapshot covers is committed, so the leader's log agrees there, whatever this old message says.
  if (lastVerified < log.lastIncludedIndex) return accept(turn, args, log.lastIncludedIndex);
  if (prevLogIndex > log.lastIndex) return refuse(turn, args, 0, log.lastIndex + 1);
  const termHere = log.termAt(prevLogIndex);
  if (termHere !== undefined && termHere !== prevLogTerm) {
    assertNotCommitted(turn, prevLogIndex, args);
    return refuse(turn, args, termHere, log.firstIndexOfTermAt(prevLogIndex));
  }
  const conflictIndex = firstMissing(turn, args);
  if (conflictIndex <= lastVerified) {
    const missing = entries.slice(conflictIndex - prevLogIndex - 1);
    log.truncateFrom(conflictIndex);
    log.append(missing);
    turn.logChange = { firstIndex: conflictIndex, entries: missing };
  }
  assert(log.lastIndex >= lastVerified, () => `entries up to ${lastVerified} are missing: ${log.describe()}`);
  // Beyond what this message verified may lie an old conflicting suffix (Figure 2, AppendEntries 5).
  const commitIndex = Math.min(args.leaderCommit, lastVerified);
  if (commitIndex > state.commitIndex) state.commitIndex = commitIndex;
  assert(state.commitIndex <= log.lastIndex, () => `commitIndex ${state.commitIndex}: ${log.describe()}`);
  return accept(turn, args, lastVerified);
}

/** The first index whose entry is absent here or of another term; one past the message when all are here. */
function firstMissing(turn: Turn, args: AppendEntriesArgs): LogIndex {
  const { log } = turn.state;
  assert(args.prevLogIndex <= log.lastIndex, 'the entry before the first new one is known');
  let index = args.prevLogIndex;
  for (const { term } of args.entries) {
    index += 1;
    if (index <= log.lastIncludedIndex) continue;
    if (index > log.lastIndex) return index;
    if (log.termAt(index) !== term) {
      assertNotCommitted(turn, index, args);
      return index;
    }
  }
  return index + 1;
}

function assertNotCommitted({ state }: Turn, index: LogIndex, { leaderId, term }: AppendEntriesArgs): void {
  assert(
    index > state.commitIndex,
    () =>
      `leader ${leaderId} of term ${term} disagrees at ${index}, but ${state.commitIndex} is committed here ` +
      `(has a server lost its storage?)`,
  );
}

function accept({ state }: Turn, { round }: AppendEntriesArgs, matchIndex: LogIndex): AppendEntriesReply {
  assert(matchIndex <= state.log.lastIndex, () => `acknowledges ${matchIndex}: ${state.log.describe()}`);
  return { term: state.currentTerm, success: true, matchIndex, round };
}

function refuse(
  { state }: Turn,
  { prevLogIndex, round }: AppendEntriesArgs,
  conflictTerm: number,
  conflictIndex: LogIndex,
): AppendEntriesReply {
  assert(conflictTerm <= state.currentTerm, () => `a conflict with term ${conflictTerm}, which is to come`);
  assert(conflictIndex <= state.log.lastIndex + 1, () => `a conflict at ${conflictIndex}`);
  return { term: state.currentTerm, success: false, prevLogIndex, conflictTerm, conflictIndex, round };
}

/** Figure 2, Leaders 2: a command becomes an entry of the leader's log. */
export function onPropose(turn: Turn, commands: readonly Uint8Array[]): void {
  const { standing, currentTerm } = turn.state;
  assert(standing.role === 'leader', 'only a leader takes proposals');
  assert(standing.transfer === undefined, 'a leader that hands over takes no proposals (thesis 3.10)');
  appendOwn(
    turn,
    commands.map((command) => new CommandEntry(currentTerm, command)),
  );
}

/** The leader's own entries count once they are durable (thesis 10.2.1). */
export function onLogPersisted(turn: Turn, lastLogIndex: LogIndex, lastLogTerm: number): void {
  const { state } = turn;
  assert(lastLogIndex >= 0, () => `entries up to ${lastLogIndex} are durable`);
  if (state.standing.role !== 'leader') return;
  // An acknowledgement may be older than a truncation; one that names another term says nothing about this log.
  if (lastLogIndex <= state.standing.durableIndex || state.log.termAt(lastLogIndex) !== lastLogTerm) return;
  assert(lastLogIndex <= state.log.lastIndex, () => `${lastLogIndex} is durable: ${state.log.describe()}`);
  state.standing.durableIndex = lastLogIndex;
  advanceCommitIndex(turn, state.standing);
}

/** Figure 2, Leaders 3: raises matchIndex, or finds where the logs agree. */
export function onAppendEntriesReply(turn: Turn, from: ServerId, answer: AppendEntriesReply): void {
  const progress = progressOf(turn, from, answer);
  if (progress === undefined) return;
  if (answer.success) onMatch(turn, progress, answer);
  else onRefusal(turn, { from, progress }, answer);
}

/**
 * The progress of a follower that answered this leader in this term; steps down before a higher term. Undefined when the reply
 * says nothing about the follower's log.
 */
export function progressOf(
  turn: Turn,
  from: ServerId,
  { term, round }: { readonly term: number; readonly round: number },
): Progress | undefined {
  const progress = heardFrom(turn, from, term);
  const { now } = turn;
  // It answers a request of an earlier term, whose rounds were another leadership's.
  if (progress === undefined || round === 0) return undefined;
  assert(round <= progress.ticket, () => `server ${from} answers round ${round} of ${progress.ticket}`);
  progress.answeredRound = Math.max(progress.answeredRound, round);
  if (round === progress.ticket) noteDelay(progress, now - progress.sentAt, now);
  return progress;
}

/** The progress of a follower that answered this leader in this term, whatever it answered; steps down before a higher term. */
export function heardFrom(turn: Turn, from: ServerId, term: number): Progress | undefined {
  const { state, now } = turn;
  assert(from !== state.me, 'a server does not answer itself');
  if (term > state.currentTerm) becomeFollower(turn, term);
  if (state.standing.role !== 'leader' || term < state.currentTerm) return undefined;
  const progress = state.standing.progress.get(from);
  if (progress === undefined) return undefined;
  assert(progress.lastHeardAt <= now, 'the clock of the leader went back');
  progress.lastHeardAt = now;
  return progress;
}

/** The follower's log is known to equal the leader's up to `matchIndex`. */
export function onMatch(
  turn: Turn,
  progress: Progress,
  { matchIndex, round }: { readonly matchIndex: LogIndex; readonly round: number },
): void {
  const { state, now, config } = turn;
  const { log, standing } = state;
  assert(standing.role === 'leader', 'only a leader has followers');
  assert(
    matchIndex <= log.lastIndex,
    () => `acknowledged ${matchIndex}, but the log ends at ${log.lastIndex} (has a server lost its storage?)`,
  );
  const isNew = raiseMatchIndex(progress, matchIndex);
  progress.retryDelayMs = firstRetryDelayMs;
  switch (progress.mode) {
    case 'probe':
      land(progress, progress.matchIndex, { now, round: progress.ticket, config });
      // A heartbeat that left before this probe may be acknowledged too, at an index that says nothing about the probe's.
      if (progress.matchIndex >= progress.probeIndex) progress.mode = 'replicate';
      break;
    case 'replicate':
      land(progress, progress.matchIndex, { now, round: progress.ticket, config });
      break;
    case 'snapshot':
      leaveSnapshot(progress, log);
      break;
    case 'lost-log':
      // It has everything again that it ever acknowledged: its own storage is back.
      if (matchIndex >= progress.matchIndex && round > progress.courseRound) becomeReplicate(progress);
      break;
  }
  if (!isNew) return;
  noteArrival(progress, round, now);
  advanceCommitIndex(turn, standing);
}

/** The follower has a snapshot, this one or another: entries follow, or the newer snapshot if they are discarded. */
function leaveSnapshot(progress: Progress, log: RaftLog): void {
  assert(progress.transfer !== undefined, 'a snapshot is under way without a transfer');
  const { snapshot } = log;
  if (progress.matchIndex >= log.compactedIndex) becomeReplicate(progress);
  else if (progress.matchIndex >= progress.transfer.snapshot.lastIncludedIndex) {
    assert(snapshot !== undefined, 'entries are only discarded behind a snapshot');
    becomeSnapshot(progress, snapshot);
  }
}

/** The follower does not have the entry before those that it was sent. */
function onRefusal(
  turn: Turn,
  { from, progress }: { readonly from: ServerId; readonly progress: Progress },
  answer: AppendEntriesRefusal,
): void {
  const { mode, matchIndex, courseRound, matchRound } = progress;
  if (answer.prevLogIndex <= matchIndex) {
    if (matchIndex === 0) return; // It has acknowledged nothing that it could have lost.
    // Within a term a follower keeps what it acknowledged. A message that left after the acknowledgement had come, and is
    // refused all the same, shows that it lost it; what left before may have arrived in another order.
    if (answer.round <= matchRound || mode === 'lost-log') return;
    becomeLostLog(progress);
    turn.lostLog = { server: from, acknowledgedIndex: matchIndex, lastIndex: answer.conflictIndex - 1 };
    return;
  }
  // What left before the leader changed its course says nothing about what it does now.
  if (answer.round <= courseRound || mode === 'snapshot' || mode === 'lost-log') return;
  if (mode === 'probe' && answer.prevLogIndex !== progress.probeIndex) return;
  if (mode === 'replicate') {
    shrink(progress);
    suspectLoss(progress, progress.ticket);
  }
  becomeProbe(progress, nextIndexAfterConflict(turn.state.log, answer), turn.now);
  // A follower that refuses again what follows the same entry may be unable to take it: it is repeated with the next heartbeat.
  if (progress.repeatedIndex === progress.probeIndex)
    progress.dueAt = progress.sentAt + turn.config.heartbeatIntervalMs;
  progress.repeatedIndex = progress.probeIndex;
}

/**
 * Where to try next after a refusal, without a round trip per entry (§5.3, the end). The logs can agree on entries of
 * conflictTerm if both have some in the follower's range, otherwise only on entries of earlier terms before that range.
 */
function nextIndexAfterConflict(log: RaftLog, refusal: AppendEntriesRefusal): LogIndex {
  const { prevLogIndex, conflictTerm, conflictIndex } = refusal;
  assert(prevLogIndex <= log.lastIndex, () => `a refusal at ${prevLogIndex}: ${log.describe()}`);
  if (conflictTerm === 0) return Math.min(conflictIndex, prevLogIndex);
  const lastOfTerm = log.lastIndexUpTo(prevLogIndex - 1, conflictTerm);
  if (lastOfTerm !== undefined && lastOfTerm >= conflictIndex && log.termAt(lastOfTerm) === conflictTerm) {
    return lastOfTerm + 1;
  }
  const lastBefore = log.lastIndexUpTo(conflictIndex - 1, conflictTerm - 1);
  // The logs agree only within the compacted prefix: an index that only a snapshot can serve.
  return lastBefore === undefined ? Math.min(conflictIndex, log.compactedIndex) : lastBefore + 1;
}

/**
 * A message got no answer. Until the follower answers something that left later, it gets heartbeats only, the first of them
 * soon: data and snapshots for a server that is down would be wasted (§5.3: retries indefinitely).
 */
export function onUnreachable(turn: Turn, peer: ServerId, ticket: number): void {
  const { state, now, config } = turn;
  assert(peer !== state.me, 'a server sends itself no message');
  assert(ticket >= 0, () => `ticket ${ticket}`);
  if (state.standing.role !== 'leader') return;
  const progress = state.standing.progress.get(peer);
  // Messages of an earlier term may be reported late; requests for votes have ticket 0.
  if (progress === undefined || ticket === 0 || ticket > progress.ticket) return;
  if (ticket <= progress.answeredRound) {
    // The link works again: what the message carried leaves again at once.
    const lost = progress.inflight.find(({ round }) => round === ticket);
    if (lost === undefined) return;
    if (progress.transfer === undefined) loseFrom(progress, ticket, now);
    else loseChunk(progress, progress.transfer, lost);
    return;
  }
  const wasReachable = isReachable(progress);
  progress.failedRound = Math.max(progress.failedRound, ticket);
  if (wasReachable || progress.inflight.some(({ round }) => round === ticket))
    loseFrom(progress, ticket, progress.dueAt);
  if (wasReachable) forgetLink(progress);
  // A call may take seconds to fail: only the latest message decides when the next heartbeat leaves.
  if (ticket !== progress.ticket) return;
  progress.dueAt = Math.min(progress.dueAt, now + progress.retryDelayMs);
  progress.retryDelayMs = Math.min(progress.retryDelayMs * 2, config.heartbeatIntervalMs);
  assert(progress.retryDelayMs > 0, 'a retry waits');
}

/** Commits by counting replicas, but only entries of the current term; earlier ones follow from it (§5.4.2). */
function advanceCommitIndex(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const candidate = state.membership.quorumValue((voter) =>
    voter === state.me ? leader.durableIndex : countedIndex(progressFor(leader, voter)),
  );
  assert(candidate <= state.log.lastIndex, () => `${candidate} is on a majority: ${state.log.describe()}`);
  if (candidate <= state.commitIndex || state.log.termAt(candidate) !== state.currentTerm) return;
  assert(candidate > state.commitIndex, 'commitIndex never falls');
  state.commitIndex = candidate;
  applyCommitted(turn);
}

/** What a follower is known to have; nothing when it has shown that it does not keep what it acknowledges. */
function countedIndex({ mode, matchIndex }: Progress): LogIndex {
  return mode === 'lost-log' ? 0 : matchIndex;
}

/**
 * When a leader that hears no further reply steps down (thesis 6.2): an election timeout after it last heard a majority. It may
 * have been replaced by then, and its clients would wait for commits that cannot happen.
 */
export function leadershipEndsAt(
  { state, config, now }: Pick<Turn, 'state' | 'config' | 'now'>,
  leader: Leader,
): number {
  const heardAt = state.membership.quorumValue((voter) =>
    voter === state.me ? now : countedHeardAt(progressFor(leader, voter)),
  );
  assert(heardAt <= now || now === -Infinity, () => `a majority was heard at ${heardAt}, after ${now}`);
  return heardAt + config.electionTimeoutMaxMs;
}

function countedHeardAt({ mode, lastHeardAt }: Progress): number {
  return mode === 'lost-log' ? -Infinity : lastHeardAt;
}

function progressFor({ progress }: Leader, server: ServerId): Progress {
  const found = progress.get(server);
  assert(found !== undefined, () => `a leader has no progress for its follower ${server}`);
  return found;
}
