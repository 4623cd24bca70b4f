export {
  type ConditionName,
  conditionNames,
  type Conditions,
  drawnByDefault,
  type LinkHabits,
  type PayloadHabits,
} from './conditions.ts';
export type { Fault, TimedFault } from './fault.ts';
export type { OperationCounts } from './key-value/client-history.ts';
export type { MakeKeyValueServer, SimulatedKeyValueServer } from './key-value/key-value-service.ts';
export {
  faultFamilies,
  learnersMax,
  type FaultFamily,
  type Mix,
  type MixOverrides,
  type ScheduleName,
  schedules,
  type ServerCount,
  serverCounts,
  type StorageKind,
  storageKinds,
} from './mix.ts';
export type {
  OutsideEnvironment,
  OutsidePeer,
  OutsidePersister,
  OutsideRaft,
} from './outside/outside-peer.ts';
export { OutsideViolation } from './outside/outside-violation.ts';
export { expectedSituations, Reached, type Situation, situations } from './reached.ts';
export {
  formatRecordedRun,
  parseRecordedRun,
  type RecordedRun,
  RecordedRunError,
  recordRun,
  replayOptions,
} from './recorded-run.ts';
export {
  chainWorkload,
  type MakePeer,
  type SimulatedPeer,
  type SimulatedService,
  type SimulatedWorkload,
} from './service.ts';
export { shrink, type Shrunk } from './shrink.ts';
export { simulate, type SimulateOptions } from './simulate.ts';
export type { SimulationReport, SimulationViolation } from './simulation-report.ts';
