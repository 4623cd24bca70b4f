// Linearizable reads without a log entry (thesis 6.4). A leader notes its commitIndex, and a majority confirms, in a round that
// begins after the read arrived, that no later leader can have committed anything by then. Other servers ask the leader.
import type {
  ConfirmLeaderArgs,
  ConfirmLeaderReply,
  ReadIndexArgs,
  ReadIndexReply,
  ServerId,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { becomeFollower } from './election.ts';
import { isLeaseValid, renewLease } from './lease.ts';
import type { ReadRefusal } from './outputs.ts';
import { followLeader, heardFrom } from './replication.ts';
import type { Leader, RaftState, WaitingRead } from './state.ts';
import { reply, type Turn } from './turn.ts';

/** The most reads that wait on one server: as leader, or for the leader's answer. A peer makes one of all reads of a turn. */
const waitingReadsMax = 4096;

/** The most rounds that a majority has not answered yet. Reads that arrive then share the next round. */
const openRoundsMax = 4;

type Reader = Pick<WaitingRead, 'id' | 'from'>;
type Arrival = Pick<WaitingRead, 'id' | 'from' | 'avoidsLease'>;

/** The service wants to read. As leader the read joins the next round; any other server asks its leader (thesis 6.4). */
export function onRead(turn: Turn, { id, avoidsLease = false }: { id: number; avoidsLease?: boolean }): void {
  assert(Number.isSafeInteger(id) && id >= 0, () => `${id} is no id of a read`);
  const { state, now, config } = turn;
  const { standing, forwardedReads, currentTerm: term } = state;
  if (standing.role === 'leader') {
    addRead(turn, standing, { id, from: undefined, avoidsLease });
    return;
  }
  const leaderId = standing.role === 'follower' ? standing.leaderId : undefined;
  if (leaderId === undefined) refuse(turn, { id, from: undefined }, 'no-leader');
  else if (forwardedReads.length >= waitingReadsMax) refuse(turn, { id, from: undefined }, 'busy');
  else {
    forwardedReads.push({ id, leaderId, term, expiresAt: now + config.electionTimeoutMaxMs });
    const args: ReadIndexArgs = { term, readerId: state.me, readId: id };
    // It waits for storage, since it tells a term.
    turn.sendAfterPersist.push({
      to: leaderId,
      message: { kind: 'readIndex', args },
      ticket: 0,
      isUrgent: true,
    });
  }
}

/**
 * Another server wants to read (thesis 6.4, the end). The answer follows when the index is known, or that there is none. The
 * request does not say whether a lease is enough, so it is never used.
 */
export function onReadIndex(turn: Turn, from: ServerId, { term, readerId, readId }: ReadIndexArgs): void {
  const { state } = turn;
  assert(readerId === from, () => `server ${from} asks for a read of server ${readerId}`);
  if (term > state.currentTerm) becomeFollower(turn, term);
  if (state.standing.role === 'leader')
    addRead(turn, state.standing, { id: readId, from, avoidsLease: true });
  else refuse(turn, { id: readId, from }, 'no-leader');
}

/** The leader's answer to a read of this server. */
export function onReadIndexReply(turn: Turn, from: ServerId, answered: ReadIndexReply): void {
  const { state } = turn;
  const { term, readId, readIndex } = answered;
  if (term > state.currentTerm) becomeFollower(turn, term);
  assert(from !== state.me, 'a server does not answer itself');
  const offset = state.forwardedReads.findIndex(({ id, leaderId }) => id === readId && leaderId === from);
  if (offset < 0) return;
  state.forwardedReads.splice(offset, 1);
  if (readIndex > 0) turn.reads.push({ id: readId, kind: 'ready', readIndex });
  else refuse(turn, { id: readId, from: undefined }, 'no-leader');
}

function addRead(turn: Turn, { reads }: Leader, read: Arrival): void {
  assert(reads.waiting.length <= waitingReadsMax, 'the bound of waiting reads is kept');
  assert(read.from !== turn.state.me, 'a server does not ask itself');
  if (reads.waiting.length >= waitingReadsMax) refuse(turn, read, 'busy');
  else reads.waiting.push({ ...read, readIndex: 0, round: 0 });
}

/**
 * At the end of a turn: all reads that wait for a round begin one together, which every voter is asked to confirm. It is sent
 * again a heartbeat later. Until the leader has committed an entry of its own term it may not know of earlier commits, so reads wait.
 */
export function beginDueRound(turn: Turn, leader: Leader): void {
  const { state, now } = turn;
  const { reads } = leader;
  if (reads.waiting.length === 0 || now < nextRoundAt(turn, leader)) return;
  // The reads of a round end together, so one that avoids leases has the others confirmed, too.
  const isLeased = isLeaseValid(turn, leader) && !reads.waiting.some(({ avoidsLease }) => avoidsLease);
  assert(state.standing === leader, 'only the present leader serves reads');
  assert(hasCommittedInTerm(state), 'a leader serves reads after the first commit of its term');
  const isNew = reads.waiting.at(-1)?.round === 0;
  if (isNew && !isLeased) {
    reads.round += 1;
    reads.openRounds.push({ round: reads.round, sentAt: now });
  }
  for (const read of reads.waiting) {
    if (read.round > 0) continue;
    // In this order: the index first, then the proof that this is still the leader.
    assert(read.readIndex === 0, 'a read has its index once');
    read.readIndex = state.commitIndex;
    read.round = reads.round;
  }
  if (isLeased) {
    serve(turn, leader, Infinity);
    return;
  }
  reads.sentAt = now;
  const args: ConfirmLeaderArgs = { term: state.currentTerm, leaderId: state.me, round: reads.round };
  for (const to of state.membership.voters)
    if (to !== state.me)
      turn.send.push({ to, message: { kind: 'confirmLeader', args }, ticket: 0, isUrgent: true });
  serveConfirmed(turn, leader);
}

/** When the next round begins, or the last one is sent again: -Infinity when reads wait that it should have. */
export function nextRoundAt({ state, config }: Pick<Turn, 'state' | 'config'>, { reads }: Leader): number {
  const last = reads.waiting.at(-1);
  if (last === undefined || !hasCommittedInTerm(state)) return Infinity;
  if (last.round === 0 && reads.openRounds.length < openRoundsMax) return -Infinity;
  return reads.sentAt + config.heartbeatIntervalMs;
}

function hasCommittedInTerm({ log, commitIndex, currentTerm }: RaftState): boolean {
  assert(commitIndex <= log.lastIndex, () => `${commitIndex} is committed: ${log.describe()}`);
  return log.termAt(commitIndex) === currentTerm;
}

/** A follower confirms that it has heard no later leader. It has heard this one, as by a heartbeat. */
export function onConfirmLeader(turn: Turn, from: ServerId, args: ConfirmLeaderArgs): void {
  assert(args.leaderId === from, () => `server ${from} has leader ${args.leaderId} confirmed`);
  const round = followLeader(turn, args) ? args.round : 0;
  reply(turn, from, { kind: 'confirmLeaderReply', reply: { term: turn.state.currentTerm, round } });
}

/** Serves the reads whose round a majority has confirmed. */
export function onConfirmLeaderReply(turn: Turn, from: ServerId, { term, round }: ConfirmLeaderReply): void {
  const { state } = turn;
  const progress = heardFrom(turn, from, term);
  if (progress === undefined || state.standing.role !== 'leader') return;
  // A server that lost its log may have forgotten a later term too.
  if (progress.mode === 'lost-log') return;
  const { reads } = state.standing;
  assert(round <= reads.round, () => `server ${from} confirms round ${round} of ${reads.round}`);
  if (round <= (reads.confirmed.get(from) ?? 0)) return;
  reads.confirmed.set(from, round);
  serveConfirmed(turn, state.standing);
}

function serveConfirmed(turn: Turn, leader: Leader): void {
  const { membership, me } = turn.state;
  const { reads } = leader;
  const confirmed = membership.quorumValue((voter) =>
    voter === me ? reads.round : (reads.confirmed.get(voter) ?? 0),
  );
  assert(confirmed <= reads.round, () => `round ${confirmed} of ${reads.round} is confirmed`);
  assert((reads.openRounds.at(-1)?.round ?? 0) <= reads.round, 'a round is open that was not begun');
  for (
    let open = reads.openRounds[0];
    open !== undefined && open.round <= confirmed;
    open = reads.openRounds[0]
  ) {
    renewLease(turn, leader, open.sentAt);
    reads.openRounds.shift();
  }
  serve(turn, leader, confirmed);
}

/** Serves the reads of every round up to this one. They wait in the order of their rounds. */
function serve(turn: Turn, { reads }: Leader, confirmed: number): void {
  let count = 0;
  for (const read of reads.waiting) {
    if (read.round === 0 || read.round > confirmed) break;
    count += 1;
    const { id, from, readIndex } = read;
    assert(readIndex <= turn.state.commitIndex, () => `a read at ${readIndex}, which is not committed`);
    assert(readIndex > 0, 'a leader has committed an entry of its own term before it serves a read');
    if (from === undefined) turn.reads.push({ id, kind: 'ready', readIndex });
    else answer(turn, { id, from }, readIndex);
  }
  assert(count <= reads.waiting.length, 'more reads are served than wait');
  reads.waiting.splice(0, count);
}

/**
 * After each step, with what the server was before: reads that this server cannot serve any more are refused, because it no
 * longer leads, or because the leader that it asked is no longer its leader, or has not answered for an election timeout.
 */
export function dropLostReads(turn: Turn, before: RaftState['standing']): void {
  const { state, now } = turn;
  if (before.role === 'leader' && state.standing !== before)
    for (const read of before.reads.waiting.splice(0)) refuse(turn, read, 'no-leader');
  if (state.forwardedReads.length === 0) return;
  const { standing } = state;
  const leaderId = standing.role === 'follower' ? standing.leaderId : undefined;
  assert(state.forwardedReads.length <= waitingReadsMax, 'the bound of waiting reads is kept');
  const kept = state.forwardedReads.filter((read) => {
    const isLost = read.term !== state.currentTerm || read.leaderId !== leaderId;
    if (!isLost && now < read.expiresAt) return true;
    refuse(turn, { id: read.id, from: undefined }, isLost ? 'no-leader' : 'unanswered');
    return false;
  });
  state.forwardedReads = kept;
}

/** When the first read that was forwarded is given up. */
export function nextExpiryAt({ forwardedReads }: RaftState): number {
  return forwardedReads[0]?.expiresAt ?? Infinity;
}

function refuse(turn: Turn, { id, from }: Reader, reason: ReadRefusal): void {
  if (from === undefined) turn.reads.push({ id, kind: 'refused', reason });
  else answer(turn, { id, from }, 0);
}

/** Index 0 is a refusal: a leader that may serve reads has committed an entry. */
function answer(turn: Turn, { id, from }: { id: number; from: ServerId }, readIndex: number): void {
  const answered: ReadIndexReply = { term: turn.state.currentTerm, readId: id, readIndex };
  reply(turn, from, { kind: 'readIndexReply', reply: answered });
}
