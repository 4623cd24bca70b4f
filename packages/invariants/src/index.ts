export { allInvariants } from './all-invariants.ts';
export { ClusterWatch, InvariantViolation } from './cluster-watch.ts';
export { DurableImage, Ghost } from './ghost.ts';
export {
  asBefore,
  type Before,
  expectThat,
  type Invariant,
  type ServerRule,
  type StepEvent,
  Violation,
} from './invariant.ts';
export { leaderIsNeverSilent, type LeaderSilenceOptions } from './leader-is-never-silent.ts';
export { referenceRelation } from './reference/reference-relation.ts';
export { serverRules } from './server-rules.ts';
export { bothObservers, type ServerObserver } from './server-observer.ts';
