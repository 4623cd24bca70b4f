export { Cluster, type ClusterOptions, raftElectionTimeoutMs, type Statistics } from './cluster/cluster.ts';
export { type FailureReport, type GradeOptions, gradeTest, type TestReport, type TimeMode } from './grade.ts';
export {
  type Implementation,
  type ImplementationWatcher,
  type RaftEnvironment,
  type RaftHandle,
  raftlab,
  raftlabOnSlowDisk,
} from './implementation.ts';
export { type LabFigure, labFigures } from './lab-figures.ts';
export type { GradedTest, Part } from './suites/graded-test.ts';
export { gradedTests } from './suites/index.ts';
export { TestFailure } from './test-failure.ts';
