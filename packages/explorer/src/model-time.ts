// Time as events. At the moment `calm` nothing is due; at each of the other moments one named event is due. After each action
// every clock is reset, so that time is not part of a state.
import type { RaftState } from '@raftlab/raft-core';
import { explorerConfig } from './bounds.ts';
import type { ExploredWorld } from './explored-core.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = explorerConfig;

export const calm = 1_000;
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
    progress.snapshotDueAt = heartbeatDue;
    progress.lastHeardAt = calm;
    progress.retryDelayMs = 0;
    progress.snapshotPatienceMs = 0;
    progress.snapshotTicket = 0;
    progress.ticket = 0;
    // It is set again with the first message in flight.
    if (progress.inflight.length === 0) progress.heardFrom = false;
  }
}
