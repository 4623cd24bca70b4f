export {
  adminServiceName,
  type FollowerReport,
  type OpenedSnapshot,
  type OpenSnapshotArgs,
  openSnapshotMethod,
  type ReadSnapshotArgs,
  readSnapshotMethod,
  type ServerReport,
  serverReportSchema,
  snapshotChunkMaxBytes,
  statusMethod,
  type TransferArgs,
  transferMethod,
  type TransferOutcome,
} from './admin.ts';
export { type AdminOptions, makeAdminService, reportOf } from './admin-service.ts';
export {
  type AttemptOptions,
  Attempts,
  attemptTimeoutMs,
  backoffMaxMs,
  backoffMinMs,
  type CallOfClerk,
  type FinalReply,
} from './attempts.ts';
export type { CallOptions, ReadOptions } from './call-options.ts';
export { Clerk } from './clerk.ts';
export { CommandSession, waitingCommandsMax } from './command-session.ts';
export {
  type AbortedCall,
  ClerkAbortedError,
  ClerkBusyError,
  CommandTooLargeError,
  SessionExpiredError,
} from './errors.ts';
export { KeyValueMachine } from './key-value-machine.ts';
export { KeyValueServer, type KeyValueServerOptions, type ReplicatedKeyValue } from './key-value-server.ts';
export {
  type LabClerk,
  type LabServer,
  type LabServerOptions,
  type LabStorage,
  makeClerk,
  startKVServer,
} from './lab.ts';
export {
  commandCodec,
  keyLengthMax,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValuePair,
  type KeyValueQuery,
  type KeyValueResult,
  rangeLimitMax,
  resultCodec,
  valueLengthMax,
} from './operation.ts';
export { executeMethod, openSessionMethod, readMethod } from './methods.ts';
export { type ExecuteArgs, keyValueServiceName, type ReadArgs, type Reply } from './protocol.ts';
export { answerOf, readCall } from './read.ts';
