// What a network reports to its observer: every step of every call. Traces are recorded from it.

/** The fields that all events have. */
export interface NetworkEventBase {
  /** Counts the calls that entered this network, from 1. All events of one call have the same. */
  readonly callId: number;
  readonly endName: string;
  /** The server that the end was connected to when the call entered. Undefined when it was not connected. */
  readonly serverName: string | undefined;
  /** `Service.Method`. */
  readonly methodName: string;
  /**
   * The encoded reply in replyDropped, replyDelayed and delivered, the encoded arguments in all others. Not a copy: an observer
   * must not change it.
   */
  readonly bytes: Uint8Array;
  /** Milliseconds, on the network's clock. */
  readonly at: number;
}

/** The kinds of event without further fields. See NetworkEvent. */
export type PlainEventKind =
  | 'sent'
  | 'requestDropped'
  | 'dispatched'
  | 'unanswered'
  | 'faulted'
  | 'replyDropped'
  | 'delivered';

/**
 * One step of one call. The first event of a call is `sent`; its last event is one of those marked (last).
 * - `sent`: the call entered the network.
 * - `undeliverable` (last): its end is disabled or not connected, or no server is registered; it fails after `delayMs`.
 * - `requestDropped` (last): the request was lost; the call fails now.
 * - `dispatched`: the server received the request and counts it.
 * - `refused` (last): the server was found dead for this end after the dispatch; the call fails now. `replyBytes` is the
 *   handler's answer, if it had one.
 * - `unanswered` (last): the handler declined to answer; the call fails now.
 * - `faulted` (last): a mistake in the program, see RpcError; the call rejects now.
 * - `replyDropped` (last): the reply was lost; the call fails now.
 * - `replyDelayed`: the reply is delivered after `delayMs`.
 * - `delivered` (last): the caller receives the reply now.
 */
export type NetworkEvent =
  | (NetworkEventBase & { readonly kind: PlainEventKind })
  | (NetworkEventBase & { readonly kind: 'undeliverable' | 'replyDelayed'; readonly delayMs: number })
  | (NetworkEventBase & { readonly kind: 'refused'; readonly replyBytes: Uint8Array | undefined });
