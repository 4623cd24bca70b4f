// Time as events. At the moment `calm` nothing is due; at each of the other moments one named event is due. After each action
// every clock is reset, so that time is not part of a state.
import { messageOf, type Message } from '@raftlab/protocol';
import type { Progress, RaftState } from '@raftlab/raft-core';
import { explorerConfig } from './bounds.ts';
import type { ExploredWorld } from './explored-core.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = explorerConfig;

export const calm = 1_000;
/** The round of every message. */
const onlyRound = 1;
/** A leader's heartbeats are due, and its messages may be sent again. */
export const heartbeatDue: number = calm + heartbeatIntervalMs;
/** A follower no longer withholds its vote: its leader was last heard the shortest election timeout ago. */
export const silenceDue: number = calm + electionTimeoutMinMs;
/** An election is due; a leader has heard no reply for too long. */
export const electionDue: number = calm + electionTimeoutMaxMs;

/** Removes the times of past events, and values that no rule reads again, from the state at `now`. */
export function forgetTime(
  state: RaftState,
  now: number,
  world: Pick<ExploredWorld, 'config' | 'hasReads'>,
): void {
  const { standing } = state;
  state.forwardedReads = state.forwardedReads.map((read) => ({ ...read, expiresAt: electionDue }));
  if (standing.role !== 'leader') {
    // A learner has no election timer.
    if (standing.electionDeadline !== Infinity) standing.electionDeadline = electionDue;
    if (standing.role === 'follower') {
      // Without reads only clients need the leader.
      if (!world.hasReads) standing.leaderId = undefined;
      const isHeard = world.config.preVote && now < standing.leaderHeardAt + electionTimeoutMinMs;
      standing.leaderHeardAt = isHeard ? calm : -Infinity;
    }
    return;
  }
  const { reads, transfer } = standing;
  reads.sentAt = calm;
  reads.openRounds = reads.openRounds.map(({ round }) => ({ round, sentAt: calm }));
  reads.leaseStart = -Infinity;
  if (transfer !== undefined) {
    standing.transfer = { to: transfer.to, endsAt: Infinity, askAt: Math.min(transfer.askAt, heartbeatDue) };
  }
  for (const progress of standing.progress.values()) {
    progress.dueAt = heartbeatDue;
    progress.lastHeardAt = calm;
    progress.sentAt = calm;
    progress.retryDelayMs = 0;
    progress.leastDelayMs = 0;
    progress.recentDelayMs = 0;
    progress.periodEndsAt = Infinity;
    forgetRounds(progress);
  }
}

/**
 * Every message in flight has the round 1 (see `withoutRound`), so that rounds are no part of a state. A leader then takes every
 * refusal for an answer to what it does now, and every follower for one that has answered since, which adds behaviours; it never
 * takes one for a follower that lost its log.
 */
function forgetRounds(progress: Progress): void {
  progress.ticket = onlyRound + 1;
  progress.answeredRound = onlyRound + 1;
  progress.failedRound = 0;
  progress.askedRound = onlyRound;
  progress.courseRound = 0;
  progress.narrowedRound = 0;
  progress.matchRound = Infinity;
  progress.repeatedIndex = -1;
  progress.inflight = progress.inflight.map(({ end, sizeBytes }) => ({
    round: onlyRound,
    end,
    sizeBytes,
    sentAt: calm,
  }));
  if (progress.transfer !== undefined) progress.transfer.storedRound = Infinity;
}

/** The message with the one round that the model knows. A reply to a request of an earlier term keeps its 0. */
export function withoutRound(message: Message): Message {
  if (message.kind === 'appendEntries' || message.kind === 'installSnapshot')
    return messageOf(message.kind, { ...message.args, round: onlyRound });
  return message;
}
