export { LabClientEnd } from './lab-client-end.ts';
export type { NetworkEvent, NetworkEventFacts } from './network-event.ts';
export { Network, type NetworkOptions } from './network.ts';
export { RpcError, type RpcErrorKind } from './rpc-error.ts';
export { Server } from './server.ts';
