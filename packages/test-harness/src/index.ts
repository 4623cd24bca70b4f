export { Cluster, raftElectionTimeoutMs, type ClusterOptions, type Statistics } from './cluster/cluster.ts';
export { gradeTest, type FailureReport, type GradeOptions, type TestReport, type TimeMode } from './grade.ts';
export {
  raftlab,
  raftlabOnSlowDisk,
  type Implementation,
  type ImplementationWatcher,
  type RaftEnvironment,
  type RaftHandle,
} from './implementation.ts';
export { ClusterWatch, InvariantViolation } from './invariants/cluster-watch.ts';
export { bothObservers, type ServerObserver } from './invariants/server-observer.ts';
export { allInvariants } from './invariants/index.ts';
export { referenceRelation } from './reference/reference-relation.ts';
export type { Before, Invariant, StepEvent } from './invariants/invariant.ts';
export { labFigures, type LabFigure } from './lab-figures.ts';
export type { RunRecord } from './record/recorder.ts';
export type { GradedTest, Part } from './suites/graded-test.ts';
export { gradedTests } from './suites/index.ts';
export { TestFailure } from './test-failure.ts';
export { faultSchema, timedFaultSchema, type Fault, type TimedFault } from './simulation/fault.ts';
export {
  drawMix,
  faultFamilies,
  schedules,
  type FaultFamily,
  type Mix,
  type MixOverrides,
  type ScheduleName,
} from './simulation/mix.ts';
export { Reached, situations, type Situation } from './simulation/reached.ts';
export {
  formatRecordedRun,
  parseRecordedRun,
  RecordedRunError,
  recordRun,
  replayOptions,
  type RecordedRun,
} from './simulation/recorded-run.ts';
export {
  chainWorkload,
  type MakePeer,
  type SimulatedPeer,
  type SimulatedService,
  type SimulatedWorkload,
} from './simulation/service.ts';
export { shrink, type Shrunk } from './simulation/shrink.ts';
export {
  simulate,
  type SimulateOptions,
  type SimulationReport,
  type SimulationViolation,
} from './simulation/simulate.ts';
export { runScenario, type ScenarioOptions, type ScenarioResult } from './scenario/run-scenario.ts';
export { ScenarioError } from './scenario/scenario-error.ts';
export type { ScenarioCore } from './scenario/scenario-server.ts';
export { headOf, type ScenarioHead } from './scenario/scenario-text.ts';
export { smallBounds, type ExplorerBounds } from './explorer/bounds.ts';
export {
  explore,
  exploreInSteps,
  type ExplorerOptions,
  type ExplorerProgress,
  type ExplorerReport,
  type ExplorerViolation,
} from './explorer/explore.ts';
