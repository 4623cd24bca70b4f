export {
  CallError,
  TcpClientEnd,
  type CallLoss,
  type CallOptions,
  type TcpCallResult,
} from './client-end.ts';
export { connect, TcpClient } from './connect.ts';
export type { Address } from './dial.ts';
export type { Purpose } from './handshake.ts';
export { clientCertificateName, serverCertificateName, type TlsIdentity } from './identity.ts';
export { defaultLimits, type TcpLimits } from './limits.ts';
export type { LinkState } from './link.ts';
export { listen, type ListenOptions } from './listen.ts';
export type { NetworkOptions } from './network-context.ts';
export { RaftTransport, type MessageReceiver, type OutgoingMessage } from './raft-transport.ts';
export type { CloseReason, DialProblem, Refusal, RefusalReason } from './reasons.ts';
export type { NetworkCounts, NetworkEvent, PeerName } from './reports.ts';
export { TcpServer, type NetworkStatus } from './tcp-server.ts';
