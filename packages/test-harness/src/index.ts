export { Cluster, raftElectionTimeoutMs, type ClusterOptions, type Statistics } from './cluster/cluster.ts';
export { gradeTest, type FailureReport, type GradeOptions, type TestReport, type TimeMode } from './grade.ts';
export {
  raftlab,
  raftlabOnSlowDisk,
  type Implementation,
  type RaftEnvironment,
  type RaftHandle,
} from './implementation.ts';
export { ClusterWatch, InvariantViolation, type ServerObserver } from './invariants/cluster-watch.ts';
export { allInvariants } from './invariants/index.ts';
export type { Before, Invariant, StepEvent } from './invariants/invariant.ts';
export { labFigures, type LabFigure } from './lab-figures.ts';
export type { GradedTest, Part } from './suites/graded-test.ts';
export { gradedTests } from './suites/index.ts';
export { TestFailure } from './test-failure.ts';
