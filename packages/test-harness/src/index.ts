export { Cluster, type ClusterOptions, type TestSetting } from './cluster/cluster.ts';
export type { ClusterClient } from './cluster/cluster-client.ts';
export { ClusterError } from './cluster/cluster-error.ts';
export type { Statistics } from './cluster/statistics.ts';
export type { Boot, Host, ServerProcess } from './cluster/server-process.ts';
export { type GradeOptions, gradeTest } from './grade/grade-test.ts';
export type { FailureReport, TestReport, TimeMode } from './grade/test-report.ts';
export {
  type Implementation,
  type KeyValueImplementation,
  type ImplementationWatcher,
  type MakeRaft,
  type RaftEnvironment,
  raftlab,
  raftlabOnSlowDisk,
  raftlabOnWal,
} from './implementation.ts';
export type { RaftHandle } from './lab-peer.ts';
export type {
  ClerkEnvironment,
  ClerkHandle,
  KVServerEnvironment,
  KVServerHandle,
  MakeClerk,
  StartKVServer,
} from './lab-service.ts';
export { lab3 } from './suites/lab3/lab3.ts';
export type { RaftCluster } from './suites/lab3/raft-cluster.ts';
export { type RaftTest, raftTest } from './suites/lab3/raft-test.ts';
export { lab4 } from './suites/lab4/lab4.ts';
export { rsm } from './suites/rsm/rsm.ts';
export type { Column, GradedTest, OpenTest, Suite, SuitePart } from './suites/suite.ts';
