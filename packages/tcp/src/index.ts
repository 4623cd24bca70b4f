export type { Admit, Caller, Permission } from './admission.ts';
export {
  CallError,
  TcpClientEnd,
  type CallLoss,
  type CallOptions,
  type TcpCallResult,
} from './client-end.ts';
export { connect, type ConnectOptions, TcpClient } from './connect.ts';
export type { Address } from './dial.ts';
export { freePorts } from './free-ports.ts';
export type { Purpose } from './handshake.ts';
export {
  clientCertificateName,
  readerCertificateName,
  serverCertificateName,
  type TlsAuthority,
  type TlsIdentity,
} from './identity.ts';
export { defaultLimits, type TcpLimits } from './limits.ts';
export type { LinkState } from './link.ts';
export { listen, type ListenOptions } from './listen.ts';
export type { NetworkOptions } from './network-context.ts';
export { RaftTransport, type MessageReceiver, type OutgoingMessage } from './raft-transport.ts';
export type { CloseReason, DialProblem, Refusal, RefusalReason } from './reasons.ts';
export type { NetworkCounts, NetworkEvent, PeerName } from './reports.ts';
export { tokenMaxBytes, Tokens } from './tokens.ts';
export { TcpServer, type NetworkStatus } from './tcp-server.ts';
