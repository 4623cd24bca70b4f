// The invariants that judge one server by itself, for a driver that sees servers one at a time.
import { commitIndexIsEarned } from './commit-index-is-earned.ts';
import { higherTermsAreFollowed } from './higher-terms-are-followed.ts';
import type { ServerRule } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { learnersArePassive } from './learners-are-passive.ts';
import { monotonicCommitIndex } from './monotonic-commit-index.ts';
import { monotonicTerm } from './monotonic-term.ts';
import { noopOpensItsTerm } from './noop-opens-its-term.ts';
import { oneVotePerTerm } from './one-vote-per-term.ts';
import { persistBeforeVisible } from './persist-before-visible.ts';
import { snapshotsNeverGoBack } from './snapshots-move-forward.ts';
import { staleMessagesChangeNothing } from './stale-messages-change-nothing.ts';

/** Fresh ones, for one life of one server or a part of it. The election timer is not among them: it needs real deadlines. */
export function serverRules(): ServerRule[] {
  return [
    leaderAppendOnly,
    monotonicCommitIndex,
    monotonicTerm(),
    oneVotePerTerm(),
    persistBeforeVisible,
    snapshotsNeverGoBack,
    commitIndexIsEarned,
    staleMessagesChangeNothing,
    higherTermsAreFollowed,
    learnersArePassive,
    noopOpensItsTerm,
  ];
}
