// One request inside the network.
import type { Server } from './server.ts';

/** All that decides a request's way is read once, together, when it enters: later changes of the flags do not touch it. */
export interface Request {
  readonly callId: number;
  readonly endName: string;
  /** Undefined: the end led nowhere. */
  readonly serverName: string | undefined;
  /** The incarnation that was registered there: this one gets the request, or nobody. */
  readonly server: Server | undefined;
  readonly methodName: string;
  readonly argsBytes: Uint8Array;
  readonly isReliable: boolean;
  readonly isLongReordering: boolean;
}
