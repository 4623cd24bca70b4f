// Compares a leader's matchIndex with the follower's storage: a wrong matchIndex commits entries that are not stored there.
import { Violation, type Invariant } from './invariant.ts';

export const leaderBookkeeping: Invariant = {
  name: 'matchIndex is true',
  statement:
    "A leader's matchIndex for a follower is within its log, below nextIndex, durable on that follower, and never " +
    'decreases; the entries that the leader counts of its own log are durable too. A follower is reported to have lost its ' +
    'log only if it lacks what it acknowledged.',
  source: 'Raft paper, Figure 2, volatile state on leaders; thesis 10.2.1',
  onStep({ server, input, outputs, before, state }, ghost) {
    const { standing, log } = state;
    if (standing.role !== 'leader') return;
    if (input.kind === 'persisted') {
      const { durableIndex } = standing;
      const term = log.termAt(durableIndex);
      if (term !== undefined && !ghost.imageOf(server).holds(durableIndex, term))
        throw new Violation(
          `leader ${server} counts its entry ${durableIndex} of term ${term}, which is not durable`,
        );
    }
    if (input.kind !== 'message') return;
    const progress = standing.progress.get(input.from);
    if (progress === undefined) return;
    const { matchIndex, nextIndex } = progress;
    const known = before.matchIndexes.get(input.from) ?? 0;
    // What a server acknowledged before it lost its storage is not there any more, and may still arrive.
    if (state.currentTerm <= (ghost.wipedIn.get(input.from) ?? -1)) return;
    if (matchIndex < known)
      throw new Violation(
        `leader ${server}: matchIndex of server ${input.from} falls from ${known} to ${matchIndex}`,
      );
    if (matchIndex >= nextIndex || matchIndex > log.lastIndex)
      throw new Violation(
        `leader ${server}: matchIndex ${matchIndex}, nextIndex ${nextIndex} of server ${input.from}`,
      );
    const image = ghost.imageOf(input.from);
    const term = log.termAt(matchIndex);
    if (outputs.lostLog !== undefined) {
      if (outputs.lostLog.server !== input.from || !(term === undefined || !image.holds(matchIndex, term)))
        throw new Violation(
          `leader ${server} reports that server ${input.from} lost its log, which has entry ${matchIndex}`,
        );
    }
    if (progress.mode === 'lost-log') return;
    // Unless a later term reached the follower, its log can only have grown since it acknowledged.
    if (image.hardState.currentTerm > state.currentTerm || term === undefined) return;
    if (!image.holds(matchIndex, term))
      throw new Violation(
        `leader ${server} has recorded that server ${input.from} stores entry ${matchIndex} of term ${term}`,
      );
  },
};
