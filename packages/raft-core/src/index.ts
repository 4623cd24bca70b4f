export { AssertionError } from '@raftlab/runtime/assert';
export type { Amount } from './admission.ts';
export type { ApplyCh } from './apply-queue.ts';
export { defaultConfig, serviceConfig, type RaftConfig } from './core/config.ts';
export { timingFor, type Timing, type TimingOptions } from './core/timing.ts';
export type { DurablePoint, Input } from './core/inputs.ts';
export { RaftLog, type LogTail } from './core/log.ts';
export type {
  Applicable,
  Envelope,
  LostLog,
  Outputs,
  Persist,
  ReadOutcome,
  ReadRefusal,
  RoleChange,
  TransferEnd,
} from './core/outputs.ts';
export type { FlowWindow, InFlight } from './core/flow-window.ts';
export type { IncomingSnapshot } from './core/incoming-snapshot.ts';
export type { Chunk, Progress, SnapshotTransfer } from './core/progress.ts';
export { type CoreOptions, RaftCore } from './core/raft-core.ts';
export type { Candidate, Follower, Leader, RaftState, Role } from './core/state.ts';
export type { Delays, RaftCounters, TransferCounts } from './counters.ts';
export { Driver, type Steppable, type World } from './driver.ts';
export { BadMessageError, ContractError, PeerStoppedError, SnapshotError, type StopKind } from './errors.ts';
export { make, makeLabPeer, type LabPeerOptions, type LabRaft } from './lab/make.ts';
export { RpcTransport, type Receiver } from './lab/rpc-transport.ts';
export type { RaftObserver, RaftOptions } from './raft-options.ts';
export { Raft } from './raft.ts';
export type { RefusalReason, Retry, StartResult } from './start-result.ts';
export { applyMessage, type LogPosition, type StateMachine } from './state-machine.ts';
export type { FollowerStatus, LogStatus, RaftStatus, ServiceStatus } from './status.ts';
export type { Transport } from './transport.ts';
export type { RaftWarning } from './warnings.ts';
export type { RaftListener, Standing } from './notifications.ts';
export type { ReadIndexOptions, ReadIndexResult } from './read-batches.ts';
export type { TransferResult } from './transfers.ts';
