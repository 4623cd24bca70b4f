import { acknowledgedWithItsTerm } from './acknowledged-with-its-term.ts';
import { chosenIsDurable } from './chosen-is-durable.ts';
import { chosenIsFinal } from './chosen-is-final.ts';
import { commitIndexIsEarned } from './commit-index-is-earned.ts';
import { deliveredOnce } from './delivered-once.ts';
import { electedByMajority } from './elected-by-majority.ts';
import { electionSafety } from './election-safety.ts';
import { electionTimer } from './election-timer.ts';
import { handedOverToTheUpToDate } from './handed-over-to-the-up-to-date.ts';
import { higherTermsAreFollowed } from './higher-terms-are-followed.ts';
import type { Invariant } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderBookkeeping } from './leader-bookkeeping.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { learnersArePassive } from './learners-are-passive.ts';
import { logMatching } from './log-matching.ts';
import { monotonicCommitIndex } from './monotonic-commit-index.ts';
import { monotonicTerm } from './monotonic-term.ts';
import { noopOpensItsTerm } from './noop-opens-its-term.ts';
import { nothingIsSentInVain } from './nothing-is-sent-in-vain.ts';
import { oneVotePerTerm } from './one-vote-per-term.ts';
import { noElectionInVain } from './no-election-in-vain.ts';
import { persistBeforeVisible } from './persist-before-visible.ts';
import { preVoteChangesNothing } from './pre-vote-changes-nothing.ts';
import { readsAreConfirmed } from './reads-are-confirmed.ts';
import { readsAreLinearizable } from './reads-are-linearizable.ts';
import { snapshotsMoveForward } from './snapshots-move-forward.ts';
import { staleMessagesChangeNothing } from './stale-messages-change-nothing.ts';
import { stateMachineSafety } from './state-machine-safety.ts';

/** All properties, with the initial state for one run. */
export function allInvariants(): Invariant[] {
  return [
    electionSafety,
    leaderAppendOnly,
    logMatching(),
    leaderCompleteness,
    chosenIsFinal,
    stateMachineSafety(),
    deliveredOnce(),
    monotonicCommitIndex,
    monotonicTerm(),
    oneVotePerTerm(),
    persistBeforeVisible,
    acknowledgedWithItsTerm(),
    chosenIsDurable,
    snapshotsMoveForward,
    leaderBookkeeping,
    electedByMajority(),
    commitIndexIsEarned,
    staleMessagesChangeNothing,
    higherTermsAreFollowed,
    electionTimer,
    learnersArePassive,
    noopOpensItsTerm,
    preVoteChangesNothing,
    noElectionInVain(),
    readsAreLinearizable(),
    readsAreConfirmed(),
    handedOverToTheUpToDate,
    nothingIsSentInVain(),
  ];
}
