// What an observer of the network is told, call by call: the material of traces and of timelines.

export interface NetworkEventFacts {
  /** Counts the calls that entered this network, from 1. All events of one call carry the same. */
  readonly callId: number;
  readonly endName: string;
  /** Where the end led when the call entered; undefined when it led nowhere. */
  readonly serverName: string | undefined;
  readonly methodName: string;
  /** The encoded reply in replyDropped, replyDelayed and delivered; the encoded arguments in all others. Not to be changed. */
  readonly bytes: Uint8Array;
  /** Milliseconds, on the network's clock. */
  readonly at: number;
}

/**
 * - `sent`: the call entered the network. Each call has exactly one, and it is the first.
 * - `undeliverable`: end disabled, or leading nowhere, or no server there; the call fails after `delayMs`.
 * - `requestDropped`: lost on the way to the server; the call fails now.
 * - `dispatched`: the server got the request, and counts it.
 * - `refused`: the server was found dead for this end after the dispatch; the call fails now.
 * - `unanswered`: the handler declined to answer; the call fails now.
 * - `faulted`: a fault of the program, see RpcError; the call rejects now.
 * - `replyDropped`: lost on the way back; the call fails now.
 * - `replyDelayed`: held back for `delayMs`, then delivered.
 * - `delivered`: the reply is handed to the caller.
 */
export type NetworkEvent =
  | (NetworkEventFacts & { readonly kind: PlainEventKind })
  | (NetworkEventFacts & { readonly kind: 'undeliverable' | 'replyDelayed'; readonly delayMs: number })
  | (NetworkEventFacts & {
      readonly kind: 'refused';
      /** What the handler had answered, if it had. */
      readonly replyBytes: Uint8Array | undefined;
    });

export type PlainEventKind =
  | 'sent'
  | 'requestDropped'
  | 'dispatched'
  | 'unanswered'
  | 'faulted'
  | 'replyDropped'
  | 'delivered';
