export { LabClientEnd } from './lab-client-end.ts';
export { DuplicateEndError, UnknownEndError, UnknownServerError } from './name-errors.ts';
export type { MessageTime } from './fault-draws.ts';
export { Link, type LinkMessage, type LinkOptions, type LinkTallies } from './link.ts';
export type { NetworkEvent, NetworkEventBase } from './network-event.ts';
export { Network, type NetworkOptions, pendingCallCountMax } from './network.ts';
export { RpcError, type RpcErrorKind } from './rpc-error.ts';
export { Server } from './server.ts';
