// What a call rejects with when the program, not the network, is at fault.

/**
 * - `unknown-service`, `unknown-method`: the server offers no such thing.
 * - `bad-request`: the arguments could not be encoded by the caller, or decoded by the server.
 * - `bad-reply`: the reply could not be encoded by the server, or decoded by the caller.
 * - `handler-failed`: the handler threw, or its promise was rejected.
 */
export type RpcErrorKind =
  | 'unknown-service'
  | 'unknown-method'
  | 'bad-request'
  | 'bad-reply'
  | 'handler-failed';

/** A mistake in the program that spoilt one call. The network goes on, and so do all other calls. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  readonly kind: RpcErrorKind;
  /** The full name as the caller gave it, `Service.Method`. */
  readonly method: string;

  constructor(kind: RpcErrorKind, method: string, about: { detail: string; cause?: unknown }) {
    super(`${method}: ${about.detail}`, 'cause' in about ? { cause: about.cause } : undefined);
    this.kind = kind;
    this.method = method;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
