// One request inside the network.
import type { MessageTime } from './fault-draws.ts';
import type { Server } from './server.ts';

/**
 * A request, with everything that decides its way. All of it is read when the request enters the network: later changes of the
 * network's settings do not affect it.
 */
export interface Request {
  /** Counts the calls that entered this network, from 1. */
  readonly callId: number;
  readonly endName: string;
  /** The server that the end was connected to. Undefined when it was not connected. */
  readonly serverName: string | undefined;
  /** The server object that was registered under that name. The request is delivered to this object or not at all. */
  readonly server: Server | undefined;
  /** `Service.Method`. */
  readonly methodName: string;
  readonly argsBytes: Uint8Array;
  readonly isReliable: boolean;
  readonly isLongReordering: boolean;
  /** Undefined: messages take no time of their own. */
  readonly messageTime: MessageTime | undefined;
}
