export { type ClientParts, KeyValueClient, type RangeOptions } from './client.ts';
export { connectKeyValue } from './connect.ts';
export { formatEndpoint, parseEndpoints } from './endpoints.ts';
export {
  CallAbortedError,
  CallRefusedError,
  type CallReport,
  ClientBusyError,
  ClientClosedError,
  ClusterRefusedError,
  DeadlineError,
  ReplyLostError,
  SnapshotLostError,
} from './errors.ts';
export type { ClientSnapshot, ServerStatus } from './operator-calls.ts';
export {
  defaultDeadlineMs,
  defaultSessions,
  type KeyValueClientOptions,
  pendingMax,
  readsInFlightMax,
  sessionsMax,
} from './options.ts';
export type { ClientCallOptions, ClientReadOptions } from './pending-calls.ts';
