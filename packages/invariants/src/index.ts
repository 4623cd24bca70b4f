export { allInvariants } from './all-invariants.ts';
export { ClusterWatch, InvariantViolation } from './cluster-watch.ts';
export { type Before, expectThat, type Invariant, type StepEvent, Violation } from './invariant.ts';
export { referenceRelation } from './reference/reference-relation.ts';
export { bothObservers, type ServerObserver } from './server-observer.ts';
