import { expectThat, type Invariant } from './invariant.ts';

export const leaderBookkeeping: Invariant = {
  name: 'matchIndex is true',
  statement:
    "A leader's matchIndex for a follower is within its log, below nextIndex, and durable on that follower.",
  source: 'Raft paper, Figure 2, volatile state on leaders',
  onStep({ server, input, state }, ghost) {
    const { standing, log } = state;
    if (standing.role !== 'leader' || input.kind !== 'message') return;
    const progress = standing.progress.get(input.from);
    if (progress === undefined) return;
    const { matchIndex, nextIndex } = progress;
    expectThat(
      matchIndex < nextIndex && matchIndex <= log.lastIndex,
      () => `leader ${server}: matchIndex ${matchIndex}, nextIndex ${nextIndex} of server ${input.from}`,
    );
    const image = ghost.imageOf(input.from);
    const term = log.termAt(matchIndex);
    // As long as no later term reached the follower, its log can only have grown since it acknowledged.
    if (image.hardState.currentTerm > state.currentTerm || term === undefined) return;
    expectThat(
      image.holds(matchIndex, term),
      () => `leader ${server} believes that server ${input.from} holds entry ${matchIndex} of term ${term}`,
    );
  },
};
