// Time as events. At the moment `calm` nothing is due; at each of the other moments one named event is due. After each action
// every clock is reset, so that time is not part of a state.
import type { RaftConfig, RaftState } from '@raftlab/raft-core';
import { explorerConfig } from './bounds.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = explorerConfig;

export const calm = 1_000;
/** A leader's heartbeats are due, and its messages may be sent again. */
export const heartbeatDue: number = calm + heartbeatIntervalMs;
/** A follower no longer withholds its vote: its leader was last heard the shortest election timeout ago. */
export const silenceDue: number = calm + electionTimeoutMinMs;
/** An election is due; a leader has heard no reply for too long. */
export const electionDue: number = calm + electionTimeoutMaxMs;

/** Removes the times of past events, and values that no rule reads again, from the state at `now`. */
export function forgetTime({ standing }: RaftState, now: number, { preVote }: RaftConfig): void {
  if (standing.role !== 'leader') {
    // A learner has no election timer.
    if (standing.electionDeadline !== Infinity) standing.electionDeadline = electionDue;
    // Only clients read who leads.
    if (standing.role === 'follower') {
      standing.leaderId = undefined;
      const isHeard = preVote && now < standing.leaderHeardAt + electionTimeoutMinMs;
      standing.leaderHeardAt = isHeard ? calm : -Infinity;
    }
    return;
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
