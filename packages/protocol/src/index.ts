export {
  appliedIndexOf,
  type ApplyMsg,
  type CommandMsg,
  type LabApplyMsg,
  type NoopMsg,
  type SnapshotMsg,
} from './apply-msg.ts';
export { entrySizeBytes, entryTupleCodec, readEntryAt, type TupleHead, writeEntry } from './entry-tuple.ts';
export {
  CommandEntry,
  ConfigurationEntry,
  isLogEntry,
  logEntriesSchema,
  NoopEntry,
  payloadOf,
  type EntryKind,
  type LogEntry,
  type Term,
} from './log-entry.ts';
export { Membership, membershipCodec } from './membership.ts';
export {
  bodyOf,
  isRequest,
  messageKinds,
  messageName,
  messageOf,
  replyTable,
  requestKinds,
  requestTable,
  senderOf,
  senderTermOf,
  type Message,
  type MessageKind,
  type ReplyBodies,
  type ReplyBody,
  type ReplyKind,
  type ReplyMessage,
  type ReplyRow,
  type RequestBodies,
  type RequestBody,
  type RequestKind,
  type RequestMessage,
  type RequestRow,
} from './message-table.ts';
export * from './message-codecs.ts';
export * from './messages.ts';
export {
  type HardState,
  hardStateSchema,
  joinRaftState,
  type RaftState,
  raftStateCodec,
  raftStateSchema,
  type Snapshot,
} from './persisted-state.ts';
export { raftMethods, raftServiceName } from './raft-service.ts';
export { serverIdSchema, type ServerId } from './server-id.ts';
export { messageCodec } from './tagged-message.ts';
export { integerSizeBytes, tupleHeaderSizeBytes } from './tuple-bytes.ts';
