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
export { type AttemptOptions, attemptTimeoutMs, backoffMaxMs, backoffMinMs } from './attempts.ts';
export { type CallOptions, Clerk, type ReadOptions, waitingCommandsMax } from './clerk.ts';
export { ClerkAbortedError, ClerkBusyError, CommandTooLargeError, SessionExpiredError } from './errors.ts';
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
export {
  type ExecuteArgs,
  executeMethod,
  keyValueServiceName,
  openSessionMethod,
  type ReadArgs,
  readMethod,
  type Reply,
} from './protocol.ts';
