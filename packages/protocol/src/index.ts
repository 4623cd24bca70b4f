export type { ApplyMsg, CommandMsg, SnapshotMsg } from './apply-msg.ts';
export { CodecError, tupleCodec, valueCodec, type Codec } from './codec.ts';
export { entrySizeBytes, readEntryAt, writeEntry } from './entry-tuple.ts';
export { isLogEntry, logEntriesSchema, type LogEntry, type Term } from './log-entry.ts';
export { Membership, membershipCodec } from './membership.ts';
export * from './messages.ts';
export {
  hardStateSchema,
  joinRaftState,
  raftStateCodec,
  raftStateSchema,
  type HardState,
  type RaftState,
  type Snapshot,
} from './persisted-state.ts';
export {
  appendEntriesMethod,
  installSnapshotMethod,
  raftServiceName,
  requestVoteMethod,
} from './raft-service.ts';
export { serverIdSchema, type ServerId } from './server-id.ts';
export {
  bind,
  makeService,
  splitMethodName,
  valueMethod,
  type BoundMethod,
  type CallResult,
  type ClientEnd,
  type Handler,
  type Method,
  type Service,
} from './service.ts';
export {
  traceEventSchema,
  traceFileSchema,
  type LogChange,
  type MessageFields,
  type ProgressChange,
  type StateChange,
  type TraceEvent,
  type TraceEventBody,
  type TraceFile,
} from './trace-event.ts';
export { integerSizeBytes, tupleHeaderSizeBytes } from './tuple-bytes.ts';
export { findUntravellable, formatPath, maxDepth, type ValuePath } from './travel.ts';
