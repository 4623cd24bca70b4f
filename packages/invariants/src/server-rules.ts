// The invariants about a single server, for a driver that has one server at a time.
import { acknowledgedWithItsTerm } from './acknowledged-with-its-term.ts';
import { commitIndexIsEarned } from './commit-index-is-earned.ts';
import { higherTermsAreFollowed } from './higher-terms-are-followed.ts';
import type { ServerRule } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { learnersArePassive } from './learners-are-passive.ts';
import { monotonicCommitIndex } from './monotonic-commit-index.ts';
import { monotonicTerm } from './monotonic-term.ts';
import { noopOpensItsTerm } from './noop-opens-its-term.ts';
import { nothingIsSentInVain } from './nothing-is-sent-in-vain.ts';
import { oneVotePerTerm } from './one-vote-per-term.ts';
import { persistBeforeVisible } from './persist-before-visible.ts';
import { preVoteChangesNothing } from './pre-vote-changes-nothing.ts';
import { snapshotsNeverGoBack } from './snapshots-move-forward.ts';
import { staleMessagesChangeNothing } from './stale-messages-change-nothing.ts';

/**
 * In their initial state, for one server from a start to a crash, or a part of that. They do not include the election timer,
 * which needs real deadlines.
 */
export function serverRules(): ServerRule[] {
  return [
    leaderAppendOnly,
    monotonicCommitIndex,
    monotonicTerm(),
    oneVotePerTerm(),
    persistBeforeVisible,
    acknowledgedWithItsTerm(),
    snapshotsNeverGoBack,
    commitIndexIsEarned,
    staleMessagesChangeNothing,
    higherTermsAreFollowed,
    learnersArePassive,
    noopOpensItsTerm,
    preVoteChangesNothing,
    nothingIsSentInVain(),
  ];
}
