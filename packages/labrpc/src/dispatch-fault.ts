// Which mistake it was when a dispatch threw.
import { CodecError } from '@raftlab/rpc';
import { messageOf, RpcError, type RpcErrorKind } from './rpc-error.ts';

/**
 * What a dispatch threw, as an RpcError. `isHandlerRunning`: the dispatch had returned a promise, so its arguments were decoded.
 * A CodecError comes from the codecs around the handler; one that cannot come from them, because the arguments are decoded
 * already, comes from the handler itself.
 */
export function dispatchFault(
  method: string,
  about: { thrown: unknown; isHandlerRunning: boolean },
): RpcError {
  const { thrown: cause, isHandlerRunning } = about;
  if (cause instanceof RpcError && cause.method === method && !isHandlerRunning) return cause;
  const kind = kindOf(cause, isHandlerRunning);
  const detail = kind === 'handler-failed' ? `the handler failed: ${messageOf(cause)}` : messageOf(cause);
  return new RpcError(kind, method, { detail, cause });
}

function kindOf(thrown: unknown, isHandlerRunning: boolean): RpcErrorKind {
  if (!(thrown instanceof CodecError)) return 'handler-failed';
  if (thrown.action === 'encode') return 'bad-reply';
  return isHandlerRunning ? 'handler-failed' : 'bad-request';
}
