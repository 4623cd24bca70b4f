// What a call rejects with when the program, not the network, is at fault.

/**
 * - `unknown-service`, `unknown-method`: the server does not offer it.
 * - `bad-request`: the arguments could not be encoded by the caller, or decoded by the server.
 * - `bad-reply`: the reply could not be encoded by the server, or decoded by the caller.
 * - `handler-failed`: the handler threw, or its promise rejected.
 * - `too-many-calls`: `pendingCallCountMax` calls of the network are pending.
 */
export type RpcErrorKind =
  | 'unknown-service'
  | 'unknown-method'
  | 'bad-request'
  | 'bad-reply'
  | 'handler-failed'
  | 'too-many-calls';

/** A mistake in the program that failed one call. The network and all other calls continue. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  readonly kind: RpcErrorKind;
  /** The full name as the caller passed it, `Service.Method`. */
  readonly method: string;

  /** @param about What was wrong, and the error that showed it, if any. */
  constructor(kind: RpcErrorKind, method: string, about: { detail: string; cause?: unknown }) {
    super(`${method}: ${about.detail}`, 'cause' in about ? { cause: about.cause } : undefined);
    this.kind = kind;
    this.method = method;
  }
}

/** The message of a thrown value, which may be anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
