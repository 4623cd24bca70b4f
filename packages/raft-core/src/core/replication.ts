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
import { acknowledge, becomeProbe, firstRetryDelayMs, type Progress } from './progress.ts';
import type { RaftLog } from './log.ts';
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
  const answer = isCurrent ? appendFromLeader(turn, args) : refuse(turn, args, 0, 0);
  reply(turn, from, { kind: 'appendEntriesReply', reply: answer });
  applyCommitted(turn);
}

function appendFromLeader(turn: Turn, args: AppendEntriesArgs): AppendEntriesReply {
  const { state } = turn;
  const { log } = state;
  const { prevLogIndex, prevLogTerm, entries } = args;
  const lastVerified = prevLogIndex + entries.length;
  // What the snapshot covers is committed, so the leader's log agrees there, whatever this old message says.
  if (lastVerified < log.lastIncludedIndex) return accept(turn, log.lastIncludedIndex);
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
  return accept(turn, lastVerified);
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

function accept({ state }: Turn, matchIndex: LogIndex): AppendEntriesReply {
  assert(matchIndex <= state.log.lastIndex, () => `acknowledges ${matchIndex}: ${state.log.describe()}`);
  return { term: state.currentTerm, success: true, matchIndex };
}

function refuse(
  { state }: Turn,
  { prevLogIndex }: AppendEntriesArgs,
  conflictTerm: number,
  conflictIndex: LogIndex,
): AppendEntriesReply {
  assert(conflictTerm <= state.currentTerm, () => `a conflict with term ${conflictTerm}, which is to come`);
  assert(conflictIndex <= state.log.lastIndex + 1, () => `a conflict at ${conflictIndex}`);
  return { term: state.currentTerm, success: false, prevLogIndex, conflictTerm, conflictIndex };
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
  const { state } = turn;
  const progress = progressOf(turn, from, answer.term);
  if (progress === undefined) return;
  if (answer.success) {
    onMatch(turn, progress, answer.matchIndex);
    return;
  }
  // A refusal without a conflict answers a request of an earlier term, and shows nothing about the log.
  if (answer.conflictIndex === 0) return;
  // A refusal that was overtaken by an acknowledgement, or by a later probe, is out of date.
  const isStale =
    progress.mode === 'probe'
      ? answer.prevLogIndex !== progress.nextIndex - 1
      : answer.prevLogIndex <= progress.matchIndex || progress.mode === 'snapshot';
  if (isStale) return;
  becomeProbe(progress, nextIndexAfterConflict(state.log, answer), turn.now);
}

/** The progress of a follower that answered this leader in this term; steps down before a higher term. */
export function progressOf(turn: Turn, from: ServerId, term: number): Progress | undefined {
  const { state } = turn;
  assert(from !== state.me, 'a server does not answer itself');
  if (term > state.currentTerm) becomeFollower(turn, term);
  if (state.standing.role !== 'leader' || term < state.currentTerm) return undefined;
  const progress = state.standing.progress.get(from);
  if (progress !== undefined) {
    assert(progress.lastHeardAt <= turn.now, 'the clock of the leader went back');
    progress.heardFrom = true;
    progress.lastHeardAt = turn.now;
  }
  return progress;
}

/** The follower's log is known to equal the leader's up to `matchIndex`. */
export function onMatch(turn: Turn, progress: Progress, matchIndex: LogIndex): void {
  const { log, standing } = turn.state;
  assert(standing.role === 'leader', 'only a leader has followers');
  assert(
    matchIndex <= log.lastIndex,
    () => `acknowledged ${matchIndex}, but the log ends at ${log.lastIndex}`,
  );
  const isNew = matchIndex > progress.matchIndex;
  acknowledge(progress, matchIndex);
  progress.retryDelayMs = firstRetryDelayMs;
  if (progress.mode === 'probe') {
    progress.mode = 'replicate';
    progress.nextIndex = progress.matchIndex + 1;
  } else if (progress.mode === 'snapshot') {
    if (matchIndex >= log.lastIncludedIndex) becomeProbe(progress, matchIndex + 1, turn.now);
    else if (isNew) progress.snapshotDueAt = turn.now; // It has an older snapshot now; the entries after it are gone.
  }
  if (isNew) advanceCommitIndex(turn, standing);
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
  return lastBefore === undefined ? Math.min(conflictIndex, log.lastIncludedIndex) : lastBefore + 1;
}

/** A call failed. Only the latest message to that follower matters: an earlier one was overtaken by what came after. */
export function onUnreachable(turn: Turn, peer: ServerId, ticket: number): void {
  const { state, now, config } = turn;
  assert(peer !== state.me, 'a server sends itself no message');
  assert(ticket >= 0, () => `ticket ${ticket}`);
  if (state.standing.role !== 'leader') return;
  const progress = state.standing.progress.get(peer);
  if (progress?.mode === 'snapshot') {
    const isSnapshot = progress.snapshotTicket === ticket;
    if (isSnapshot)
      progress.snapshotDueAt = Math.min(progress.snapshotDueAt, now + config.heartbeatIntervalMs);
    return;
  }
  if (progress?.ticket !== ticket) return;
  const retryAt = now + progress.retryDelayMs;
  progress.retryDelayMs = Math.min(progress.retryDelayMs * 2, config.heartbeatIntervalMs);
  assert(progress.retryDelayMs > 0, 'a retry waits');
  // An unanswered probe shows nothing about where the logs agree: the next one repeats it.
  const nextIndex = progress.mode === 'probe' ? progress.nextIndex : progress.matchIndex + 1;
  becomeProbe(progress, nextIndex, Math.min(progress.dueAt, retryAt));
}

/** Commits by counting replicas, but only entries of the current term; earlier ones follow from it (§5.4.2). */
function advanceCommitIndex(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const candidate = state.membership.quorumValue((voter) =>
    voter === state.me ? leader.durableIndex : progressFor(leader, voter).matchIndex,
  );
  assert(candidate <= state.log.lastIndex, () => `${candidate} is on a majority: ${state.log.describe()}`);
  if (candidate <= state.commitIndex || state.log.termAt(candidate) !== state.currentTerm) return;
  assert(candidate > state.commitIndex, 'commitIndex never falls');
  state.commitIndex = candidate;
  applyCommitted(turn);
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
    voter === state.me ? now : progressFor(leader, voter).lastHeardAt,
  );
  assert(heardAt <= now || now === -Infinity, () => `a majority was heard at ${heardAt}, after ${now}`);
  return heardAt + config.electionTimeoutMaxMs;
}

function progressFor({ progress }: Leader, server: ServerId): Progress {
  const found = progress.get(server);
  assert(found !== undefined, () => `a leader has no progress for its follower ${server}`);
  return found;
}
